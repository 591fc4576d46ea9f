//! What can be asked for on the command line.

mod claims;
mod conform;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::partition::Partition;
use modfault_toolchain::{GoVersion, InvalidVersion, Wanted};

pub(crate) use claims::{ClaimsArguments, LanguageName};
pub(crate) use conform::ConformArguments;

/// Breaks Go module downloads on purpose, in a sealed world, and shows what the real `go` does about it.
#[derive(Debug, Parser)]
#[command(
    name = "modfault",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exit status: 0 as expected, 1 an expectation was not met, 2 the command line or a file is wrong,\n\
                  3 the machine could not run it, 130 interrupted. Without a command, modfault shows one scenario."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// When to use colour; NO_COLOR is kept
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,

    /// A checkout whose scenarios and snapshots are used instead of those in this program
    ///
    /// Without it, a checkout that is the current directory is used.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) scenarios: Option<PathBuf>,
}

/// One command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell one scenario to a reader: the world, what is broken, what go prints, what mends it
    Show(ShowArguments),
    /// Run scenarios and judge them
    Run(RunArguments),
    /// Say what changed between two versions of Go: exits, words, behaviour
    Diff(DiffArguments),
    /// List scenarios
    List(ListArguments),
    /// Say what documents state about go, and what go really does; or try it
    Claims(ClaimsArguments),
    /// Hold a GOPROXY server against the protocol, on good days and bad ones
    Conform(ConformArguments),
    /// Say what of the catalogue the scenarios show, and what not and why
    Coverage(CoverageArguments),
    /// Write a first scenario file
    New(NewArguments),
    /// Say what this machine can do, and what lifts each limit
    Preflight(PreflightArguments),
    /// The Go toolchains that modfault keeps
    #[command(subcommand)]
    Toolchain(ToolchainCommand),
    /// Print the JSON Schema of scenario files
    Schema,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// Which scenarios, in every command that takes several.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Selection {
    /// Scenarios: an id, a layer, a part of an id, a pattern with `*`, `kind:myth`, or a directory or file of your own
    ///
    /// The kinds are `kind:fails`, `kind:survives`, `kind:slower`, `kind:myth` and `kind:claims`; an id has no colon.
    /// A path starts with `./`, `../` or `/`, or ends with `.toml`. Beside your scenarios, `modules/` holds module sources and
    /// `snapshots/` what was recorded.
    #[arg(value_name = "FILTER|DIR|FILE")]
    pub(crate) filters: Vec<String>,
}

/// `modfault run`
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// The Go to run: a version (1.21, 1.27.3, newest), a path, several with commas, or `all` that are pinned
    ///
    /// Several run one after the other, the newest first; what is not there is fetched before the first.
    #[arg(long, value_name = "GO")]
    pub(crate) go: Option<GoChoice>,

    #[command(flatten)]
    pub(crate) clock: ClockArgument,

    /// How many worlds at once; as many as there are cores, unless told otherwise
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// How results are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Keep every observation in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,

    /// Run every scenario so many times; the canonical results must be the same each time
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) repeat: NonZeroUsize,

    /// Run one share of the scenarios: `slice:m/n` is every nth, from the mth on
    #[arg(long, value_name = "slice:M/N")]
    pub(crate) partition: Option<Partition>,

    /// Record what is seen as the new snapshots
    #[arg(long)]
    pub(crate) bless: bool,

    /// Stop at the first scenario that is not as expected
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Leave out the probes: the commands with which people look for what is wrong
    #[arg(long)]
    pub(crate) no_probes: bool,
}

/// `modfault diff`
#[derive(Clone, Debug, Args)]
pub(crate) struct DiffArguments {
    /// The first Go: a version (1.21, 1.27.3, newest) or a path
    #[arg(value_name = "GO")]
    pub(crate) old: Wanted,

    /// The second
    #[arg(value_name = "GO")]
    pub(crate) new: Wanted,

    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Run nothing: compare the records of both that `run --save` or `diff --save` kept in this directory
    #[arg(long, value_name = "DIR", conflicts_with_all = ["save", "jobs", "clock"])]
    pub(crate) from: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) clock: ClockArgument,

    /// How many worlds at once; as many as there are cores, unless told otherwise
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// Keep every observation in this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,
}

/// `modfault list`
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// How the list is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// `modfault coverage`
#[derive(Clone, Debug, Args)]
pub(crate) struct CoverageArguments {
    /// Write the whole table to `scenarios/COVERAGE.md` of the checkout
    #[arg(long)]
    pub(crate) write: bool,

    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// `modfault show`
#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArguments {
    /// The scenario: an id, or a file of your own
    #[arg(value_name = "ID|FILE")]
    pub(crate) scenario: String,

    /// The Go to run: a version (1.21, 1.27.3, newest) or a path
    #[arg(long, value_name = "GO")]
    pub(crate) go: Option<Wanted>,

    #[command(flatten)]
    pub(crate) clock: ClockArgument,

    /// Tell more: of a command that hangs, every goroutine that go told of
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// `modfault new`
#[derive(Clone, Debug, Args)]
pub(crate) struct NewArguments {
    /// Its id: `<layer>/<name>`
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// Where scenarios are; `scenarios` in a checkout, else the current directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// `modfault preflight`
#[derive(Clone, Debug, Args)]
pub(crate) struct PreflightArguments {
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// `modfault toolchain`
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ToolchainCommand {
    /// List the toolchains that are kept, with where each came from
    List {
        /// How the list is printed
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Fetch, verify and keep toolchains
    Add {
        /// Versions: 1.21 is its newest release, `newest` the newest pinned one
        #[arg(required = true, value_name = "VERSION")]
        versions: Vec<VersionChoice>,
    },
    /// Remove toolchains that are kept
    Remove {
        /// Versions, with their patch number
        #[arg(required = true, value_name = "VERSION")]
        versions: Vec<GoVersion>,
    },
}

/// The Go that scenarios run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GoChoice {
    /// Each that the suite is pinned to.
    All,
    /// These.
    Each(Vec<Wanted>),
}

impl FromStr for GoChoice {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        match text {
            "all" => Ok(Self::All),
            _ => text
                .split(',')
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map(Self::Each),
        }
    }
}

/// A version to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionChoice {
    /// The newest pinned one.
    Newest,
    /// This one.
    Version(GoVersion),
}

impl FromStr for VersionChoice {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        match text {
            "newest" => Ok(Self::Newest),
            _ => text.parse().map(Self::Version),
        }
    }
}

/// The clock of worlds, in every command that makes some.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct ClockArgument {
    /// The clock of the worlds; the virtual one where it works, unless told otherwise
    ///
    /// On the virtual clock a wait of 30 s costs milliseconds, and what would wait for ever is known to. A scenario that says
    /// `clock.real`, or traces a command itself, runs on the real one in any case.
    #[arg(id = "clock", long = "clock", value_enum, value_name = "CLOCK")]
    pub(crate) name: Option<ClockName>,
}

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClockName {
    /// The world's own, which moves only when nothing else can happen; where it cannot be had, nothing is run
    Virtual,
    /// The machine's: the reference
    Real,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON document, versioned
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// In any case
    Always,
    /// In no case
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_run_may_name_everything_at_once() {
        let arguments = Arguments::try_parse_from([
            "modfault",
            "run",
            "tls",
            "./mine/",
            "--go",
            "all",
            "-j",
            "4",
            "--format",
            "json",
            "--save",
            "out",
            "--repeat",
            "20",
            "--partition",
            "slice:2/3",
            "--bless",
            "--fail-fast",
            "--clock",
            "virtual",
            "--color",
            "never",
        ])
        .unwrap();
        let Some(Command::Run(run)) = arguments.command else {
            panic!("another command");
        };
        assert_eq!(run.selection.filters, ["tls", "./mine/"]);
        assert_eq!(run.go, Some(GoChoice::All));
        assert_eq!(run.clock.name, Some(ClockName::Virtual));
        assert_eq!(run.partition, "slice:2/3".parse().ok());
        assert_eq!(
            (run.jobs.map(NonZeroUsize::get), run.repeat.get()),
            (Some(4), 20)
        );
    }

    #[test]
    fn several_versions_of_go_are_named_with_commas() {
        let go = |text: &str| text.parse::<GoChoice>();
        let version = |text: &str| Wanted::Version(text.parse().unwrap());
        assert_eq!(go("all"), Ok(GoChoice::All));
        assert_eq!(go("1.21"), Ok(GoChoice::Each(vec![version("1.21")])));
        assert_eq!(
            go("1.21,newest,./go"),
            Ok(GoChoice::Each(vec![
                version("1.21"),
                Wanted::Newest,
                Wanted::Path("./go".into())
            ]))
        );
        for text in ["", "1.21,", "1.21,all", "1.21 1.27"] {
            assert!(go(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_scenario_may_be_told_on_either_clock_and_with_more() {
        let show = |line: &str| {
            let words = std::iter::once("modfault").chain(line.split(' '));
            match Arguments::try_parse_from(words).unwrap().command {
                Some(Command::Show(show)) => (show.clock.name, show.verbose),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(show("show a/b"), (None, false));
        assert_eq!(
            show("show a/b --clock real -v"),
            (Some(ClockName::Real), true)
        );
        assert_eq!(
            show("show a/b --clock virtual --verbose"),
            (Some(ClockName::Virtual), true)
        );
    }

    #[test]
    fn nonsense_is_refused() {
        for line in [
            "run --jobs 0",
            "run --repeat 0",
            "run --partition slice:4/3",
            "run --go newst",
            "run --format yaml",
            "run --clock sundial",
            "show a/b --clock auto",
            "toolchain",
            "toolchain add",
            "toolchain remove newest",
            "show",
            "frobnicate",
        ] {
            let words = std::iter::once("modfault").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_err(), "{line}");
        }
    }
}
