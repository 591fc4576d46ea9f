//! What can be asked of `modfault claims`.

use std::num::NonZeroUsize;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::{ClockArgument, Format, GoChoice};
use modfault_scenario::{ClaimId, ClaimVerdict};

/// `modfault claims`
#[derive(Clone, Debug, Args)]
pub(crate) struct ClaimsArguments {
    /// Claims, such as C17: each is tried here and now and told with its evidence; without any, all are listed
    #[arg(value_name = "CLAIM")]
    pub(crate) claims: Vec<ClaimId>,

    /// Only claims with this verdict
    #[arg(long, value_name = "VERDICT", value_parser = verdicts())]
    pub(crate) verdict: Option<ClaimVerdict>,

    /// The language of the texts; that of LC_ALL, LC_MESSAGES or LANG where it is Chinese, else English
    #[arg(long, value_enum, value_name = "LANG")]
    pub(crate) lang: Option<LanguageName>,

    /// Run all their experiments and judge them, as `modfault run` does
    #[arg(long)]
    pub(crate) run: bool,

    /// The Go to try them on: a version (1.21, 1.27.3, newest), a path, several with commas, or `all` that are pinned
    #[arg(long, value_name = "GO")]
    pub(crate) go: Option<GoChoice>,

    #[command(flatten)]
    pub(crate) clock: ClockArgument,

    /// With `--run`: how many worlds at once; as many as there are cores, unless told otherwise
    #[arg(long, short, value_name = "N", requires = "run")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Write the article to `scenarios/claims/README.md` of the checkout
    #[arg(long, conflicts_with_all = ["run", "claims", "verdict"])]
    pub(crate) write: bool,

    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanguageName {
    /// English
    En,
    /// Chinese
    Zh,
}

fn verdicts() -> impl TypedValueParser<Value = ClaimVerdict> {
    PossibleValuesParser::new(ClaimVerdict::ALL.map(ClaimVerdict::as_str)).try_map(|word| {
        let mut all = ClaimVerdict::ALL.into_iter();
        all.find(|verdict| verdict.as_str() == word)
            .ok_or("no verdict is called so")
    })
}
