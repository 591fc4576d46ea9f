//! Why a sandbox could not be made or used.

use std::io;
use std::path::PathBuf;

use crate::preflight::Limit;

/// Why a sandbox could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The kernel refused one of the operations that make a sandbox; `limits` say which settings stand in the way, as far as is known.
    #[error("{operation}")]
    Refused {
        /// What was tried, in words that fit after "failed to": `mount /proc`.
        operation: String,
        /// What may stand in the way, and how it is lifted.
        limits: Vec<Limit>,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A path of the plan cannot be used.
    #[error("use the path `{path}`: {reason}")]
    Path {
        /// The path as the plan has it.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A directory or file of the real machine that the plan names is not there.
    #[error("bind `{}`", path.display())]
    Source {
        /// Its path.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The conversation with the sandbox's init broke off: it is gone.
    #[error("talk to the sandbox's init ({about})")]
    Control {
        /// What was asked for.
        about: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Sandboxes are made of Linux namespaces.
    #[error("make a sandbox: it needs Linux 5.12 or newer")]
    NeedsLinux,
}

impl SandboxError {
    /// The settings that stand in the way, where the kernel refused.
    pub fn limits(&self) -> &[Limit] {
        match self {
            Self::Refused { limits, .. } => limits,
            Self::Path { .. } | Self::Source { .. } | Self::Control { .. } | Self::NeedsLinux => {
                &[]
            }
        }
    }
}
