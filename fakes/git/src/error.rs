//! What can go wrong while repositories are made.

use std::io;
use std::path::PathBuf;

/// Why a repository could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No `git` was found.
    #[error("git is not on the PATH")]
    Missing,
    /// The `git` that was found cannot serve over HTTP.
    #[error("`git http-backend` is not in `{}`", directory.display())]
    NoBackend {
        /// Where the parts of git are.
        directory: PathBuf,
    },
    /// A file or directory could not be read or written.
    #[error("{doing} `{}`", path.display())]
    Io {
        /// What was tried: `create`, `read`.
        doing: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `git` could not be run.
    #[error("run `{}`", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `git fast-import` did not take a history.
    #[error("import a history into `{}`", directory.display())]
    Import {
        /// The repository.
        directory: PathBuf,
        /// What it printed.
        source: Said,
    },
    /// An SSH key could not be made or written down.
    #[error("make the SSH key `{name}`")]
    Key {
        /// Whose it was to be.
        name: String,
        /// What the library says.
        source: russh::keys::ssh_key::Error,
    },
    /// A branch or tag does not exist.
    #[error("find the branch or tag `{name}` in `{}`", directory.display())]
    UnknownRef {
        /// The repository.
        directory: PathBuf,
        /// The name that was asked for.
        name: String,
    },
    /// A branch was to be at a version that the history does not have.
    #[error("put the branch `{branch}` at `{version}`, which is no version of this history")]
    UnknownVersion {
        /// The branch.
        branch: String,
        /// The version.
        version: String,
    },
}

/// The words of a program that failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Said(pub String);

impl GitError {
    /// What to do next, where that is known.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Missing => Some("install git, for example `apt-get install git`"),
            Self::NoBackend { .. } => {
                Some("install the rest of git: Alpine has it in the package `git-daemon`")
            }
            Self::UnknownRef { .. } | Self::UnknownVersion { .. } => {
                Some("name a version that the repository has")
            }
            Self::Io { .. } | Self::Start { .. } | Self::Import { .. } | Self::Key { .. } => None,
        }
    }

    /// Wraps an error about the key called `name`.
    pub(crate) fn key(name: &str) -> impl FnOnce(russh::keys::ssh_key::Error) -> Self {
        let name = name.to_owned();
        move |source| Self::Key { name, source }
    }

    /// Wraps an error about `path`.
    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}
