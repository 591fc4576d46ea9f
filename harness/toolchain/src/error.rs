//! Why there is no toolchain.

use std::io;
use std::path::PathBuf;

use crate::hop::Attempt;
use crate::version::InvalidVersion;

/// Why there is no toolchain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The path that the user gave is no toolchain.
    #[error("no Go toolchain at `{path}`")]
    NotAToolchain {
        /// The path.
        path: PathBuf,
        /// What was looked for in vain.
        source: io::Error,
    },
    /// The toolchain at the path that the user gave has no released version.
    #[error("the Go toolchain at `{path}` has no released version")]
    Unreleased {
        /// The path.
        path: PathBuf,
        /// What stands in its VERSION file.
        source: InvalidVersion,
    },
    /// No source had it; each that was tried says why.
    #[error("{version} for {platform} could not be fetched")]
    NotFetched {
        /// The release: `go1.27.3`.
        version: String,
        /// `linux-amd64`.
        platform: String,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
    },
    /// The caller stopped the fetch.
    #[error("the fetch was stopped")]
    Stopped,
    /// There is no toolchain of this version in the cache.
    #[error("no {version} in the cache")]
    NotStored {
        /// The release: `go1.27.3`.
        version: String,
    },
    /// Neither HOME nor a cache directory is set.
    #[error("there is no directory to keep toolchains in")]
    NoCache,
    /// A file or directory of the cache, or a setting, cannot be used.
    #[error("cannot {action} `{path}`")]
    Io {
        /// What was to be done: `create`, `read`.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A certificate file that SSL_CERT_FILE or SSL_CERT_DIR names holds no certificate.
    #[error("no certificates in `{path}`")]
    NoCertificates {
        /// The file or directory.
        path: PathBuf,
    },
}

impl Error {
    /// What was tried, in order, where that is the story.
    pub fn attempts(&self) -> &[Attempt] {
        match self {
            Self::NotFetched { attempts, .. } => attempts,
            _ => &[],
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotAToolchain { .. } | Self::Unreleased { .. } => {
                Some("give a GOROOT (with VERSION and bin/go in it), or a version such as 1.27.3".into())
            }
            Self::NotFetched { .. } => Some(
                "install Go and put it on the PATH, name it with `--go /path/to/goroot`, or set GOPROXY, \
                 PIP_INDEX_URL or HTTPS_PROXY so that one of these can be reached"
                    .into(),
            ),
            Self::NotStored { .. } => Some("`modfault toolchain list` shows what is there".into()),
            Self::NoCache => Some("set HOME or MODFAULT_CACHE".into()),
            Self::NoCertificates { .. } => {
                Some("SSL_CERT_FILE and SSL_CERT_DIR name PEM files; unset them to use the system's store".into())
            }
            Self::Stopped | Self::Io { .. } => None,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}
