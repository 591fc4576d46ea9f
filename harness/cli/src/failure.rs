//! How a command ends, and why it could not do what was asked.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use modfault_suite::{BadFile, Hindrance};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything was as expected.
    AsExpected,
    /// An expectation was not met.
    NotAsExpected,
    /// The command line or a file is wrong.
    Usage,
    /// The machine could not run it.
    Machine,
    /// Somebody ended it.
    Interrupted,
}

impl Ending {
    /// The exit status.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::AsExpected => 0,
            Self::NotAsExpected => 1,
            Self::Usage => 2,
            Self::Machine => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending.code())
    }
}

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit status that it leads to.
    pub(crate) ending: Ending,
    /// What went wrong, with its causes.
    pub(crate) error: Box<dyn Error + Send + Sync>,
    /// What was tried, where that is the story.
    pub(crate) tried: Vec<String>,
    /// Scenario files that are wrong.
    pub(crate) bad_files: Vec<BadFile>,
    /// What to do next.
    pub(crate) help: Option<String>,
}

impl Failure {
    /// The command line or a file is wrong.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Ending::Usage, error)
    }

    /// The machine could not run it.
    pub(crate) fn machine(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Ending::Machine, error)
    }

    /// Somebody ended it.
    pub(crate) fn interrupted() -> Self {
        Self::new(Ending::Interrupted, "interrupted")
    }

    fn new(ending: Ending, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            ending,
            error: error.into(),
            tried: Vec::new(),
            bad_files: Vec::new(),
            help: None,
        }
    }

    /// What went wrong with its causes, in one line.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.error.to_string();
        let mut cause = self.error.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }

    /// The same with what to do next.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<modfault_toolchain::Error> for Failure {
    fn from(error: modfault_toolchain::Error) -> Self {
        use modfault_toolchain::Error as E;
        let ending = match &error {
            E::NotAToolchain { .. } | E::Unreleased { .. } | E::NotStored { .. } => Ending::Usage,
            E::NotFetched { .. } | E::NoCache | E::Io { .. } | E::NoCertificates { .. } => {
                Ending::Machine
            }
            E::Stopped => Ending::Interrupted,
        };
        Self {
            tried: error.attempts().iter().map(ToString::to_string).collect(),
            help: error.help(),
            ..Self::new(ending, error)
        }
    }
}

impl From<modfault_suite::Error> for Failure {
    fn from(error: modfault_suite::Error) -> Self {
        use modfault_suite::Error as E;
        let ending = match &error {
            E::NoMatch { .. }
            | E::Several { .. }
            | E::NothingThere(_)
            | E::NoCheckout(_)
            | E::BadFiles(_)
            | E::Unreadable { .. }
            | E::NotASnapshot { .. }
            | E::Wording(_)
            | E::Stage(_)
            | E::Ledger(_) => Ending::Usage,
            E::Snapshot { .. } | E::Table { .. } | E::NoGit | E::World(_) | E::Thread(_) => {
                Ending::Machine
            }
        };
        Self {
            help: error.help(),
            bad_files: match &error {
                E::BadFiles(files) => files.clone(),
                _ => Vec::new(),
            },
            ..Self::new(ending, error)
        }
    }
}

impl From<Hindrance> for Failure {
    fn from(hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Interrupted => Self::interrupted(),
            Hindrance::Failed(error) | Hindrance::Machine(error) => error.into(),
        }
    }
}

/// A failure to print, other than a closed pipe.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::machine(PrintError(error))
    }
}

/// Printing failed: the disk behind stdout is full, for one.
#[derive(Debug, thiserror::Error)]
#[error("cannot print")]
struct PrintError(#[source] io::Error);

/// A file or directory that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{path}`")]
pub(crate) struct FileError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    /// For `map_err`: what was to be done with which file.
    pub(crate) fn of(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self {
            action,
            path,
            source,
        }
    }
}
