//! Why scenarios could not be chosen, run or held against a snapshot.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use modfault_conform::StageError;
use modfault_coverage::InvalidLedger;
use modfault_outcome::snapshot::SnapFileError;
use modfault_outcome::wording::WordingError;
use modfault_run::RunError;
use modfault_scenario::Diagnostic;

/// A scenario file that is wrong.
#[derive(Clone, Debug)]
pub struct BadFile {
    /// Its path, as shown.
    pub path: String,
    /// Its content.
    pub text: String,
    /// Every problem of it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why scenarios could not be chosen, run or held against a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A filter means no scenario.
    #[error("no scenario matches `{filter}`")]
    NoMatch {
        /// The filter.
        filter: String,
        /// The nearest filters that mean one.
        near: Vec<String>,
    },
    /// One scenario was wanted and several are meant.
    #[error("`{filter}` means several scenarios")]
    Several {
        /// The filter.
        filter: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// A directory or file holds no scenario.
    #[error("no scenario at `{0}`")]
    NothingThere(String),
    /// A directory is no checkout.
    #[error("no checkout of modfault at `{}`", .0.display())]
    NoCheckout(PathBuf),
    /// Scenario files are wrong, so that nothing is run.
    #[error("{}", match .0.len() { 1 => "a scenario file is wrong; nothing was run".to_owned(), n => format!("{n} scenario files are wrong; nothing was run") })]
    BadFiles(Vec<BadFile>),
    /// A scenario, or what stands beside it, could not be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A snapshot could not be read, written or removed.
    #[error("cannot {action} `{}`", path.display())]
    Snapshot {
        /// What was to be done.
        action: &'static str,
        /// Where it is.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file that should be a snapshot is none.
    #[error("cannot use the snapshot `{name}`")]
    NotASnapshot {
        /// Its name.
        name: String,
        /// What is wrong.
        source: SnapFileError,
    },
    /// The table of what tools alone word is wrong.
    #[error("cannot use `wording.toml`")]
    Wording(#[from] WordingError),
    /// The list of rows that the coverage table must have is wrong.
    #[error("cannot use the list of rows")]
    Ledger(#[from] InvalidLedger),
    /// The coverage table could not be written.
    #[error("cannot write `{}`", path.display())]
    Table {
        /// Where it is.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The machine has no git, without which modfault is half of itself.
    #[error("git is not on the PATH")]
    NoGit,
    /// A world could not be run.
    #[error("a world could not be run")]
    World(#[from] RunError),
    /// A server cannot be put into a world.
    #[error(transparent)]
    Stage(StageError),
    /// A phase could not have a thread of its own.
    #[error("cannot start the thread of a phase")]
    Thread(#[source] io::Error),
}

impl Error {
    /// What to do next, where that is known.
    pub fn help(&self) -> Option<String> {
        const MINE: &str = "scenarios of your own are named as `./directory/`";
        match self {
            Self::NoMatch { near, .. } if near.is_empty() => {
                Some(format!("`modfault list` shows them all; {MINE}"))
            }
            Self::NoMatch { near, .. } => Some(format!("did you mean {}?", quoted(near))),
            Self::Several { ids, .. } => Some(format!("say which: {}", quoted(ids))),
            Self::NothingThere(_) => Some(
                "scenarios are TOML files, in a folder that is named after a layer; `modfault new` writes a first one"
                    .to_owned(),
            ),
            Self::NoCheckout(_) => Some(format!(
                "it has the directories `scenarios`, `snapshots` and `harness`; {MINE}"
            )),
            Self::NoGit => Some("install git, for example `apt-get install git`".to_owned()),
            Self::World(error) => {
                let help = error.help();
                (!help.is_empty()).then(|| help.join("\n      "))
            }
            Self::BadFiles(_)
            | Self::Unreadable { .. }
            | Self::Snapshot { .. }
            | Self::NotASnapshot { .. }
            | Self::Wording(_)
            | Self::Ledger(_)
            | Self::Table { .. }
            | Self::Stage(_)
            | Self::Thread(_) => None,
        }
    }

    /// What went wrong with its causes, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
