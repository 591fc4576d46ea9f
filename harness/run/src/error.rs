//! Why a world could not be run. None of these says anything about `go`.

use std::io;

use modfault_kit::HostName;

use crate::refusal::ClockRefusal;

/// Why a world could not be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The machine forbids the client, or part of it.
    #[error("make the client")]
    Sandbox(#[from] modfault_sandbox::SandboxError),
    /// A port of a host could not be opened.
    #[error("listen on port {port} of `{host}`")]
    Bind {
        /// The host.
        host: HostName,
        /// The port.
        port: u16,
        /// The kernel's answer.
        source: io::Error,
    },
    /// A host serves a module that the world does not have: the plan is wrong.
    #[error("serve the module `{module}`: the world has no source for it")]
    NoModule {
        /// Its path.
        module: String,
    },
    /// A module source is no module.
    #[error("serve the module `{module}`")]
    Module {
        /// Its path.
        module: String,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A repository could not be made.
    #[error("make the repository `{repository}` of `{host}`")]
    Repository {
        /// The host.
        host: HostName,
        /// Its path there.
        repository: String,
        /// What went wrong.
        source: Box<modfault_git::GitError>,
    },
    /// A step names a repository that no host has: the plan is wrong.
    #[error("find the repository `{repository}` of `{host}`")]
    NoRepository {
        /// The host.
        host: HostName,
        /// Its path there.
        repository: String,
    },
    /// A folder for what a world changes could not be made.
    #[error("make the folder `{}`", path.display())]
    Folder {
        /// Where.
        path: std::path::PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// There is no git, or it cannot be used.
    #[error("serve git repositories")]
    Git(#[source] Box<modfault_git::GitError>),
    /// A certificate could not be made.
    #[error("make a certificate")]
    Certificate(#[from] modfault_pki::PkiError),
    /// A file of the client could not be read or changed.
    #[error("{operation} `{path}` on the client")]
    ClientFile {
        /// `read`, `write`, ...
        operation: &'static str,
        /// Its absolute path there.
        path: String,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Something that the run itself needs failed.
    #[error("{operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The virtual clock was demanded, and is not to be had.
    #[error("run on the virtual clock")]
    Clock {
        /// Why.
        #[source]
        refusal: ClockRefusal,
    },
    /// Time stood still, and what held it would not end.
    #[error("move the virtual clock: {reason}")]
    ClockStuck {
        /// What held it.
        reason: String,
    },
    /// A real program that a host is, is not on the machine.
    #[error("find the program `{program}` of `{owner}`")]
    ComponentMissing {
        /// What the scenario calls it.
        program: String,
        /// Whose it is.
        owner: String,
        /// The command that installs it, where that is known.
        install: Option<String>,
    },
    /// A real program ended, at its start or later.
    #[error("keep `{program}` of `{owner}` running: it ended by itself ({how})")]
    ComponentEnded {
        /// What the scenario calls it.
        program: String,
        /// Whose it is.
        owner: String,
        /// How it ended.
        how: String,
        /// What it said.
        #[source]
        said: Said,
    },
    /// A real program did not open its ports.
    #[error("start `{program}` of `{owner}`: it does not listen on {closed}")]
    ComponentSilent {
        /// What the scenario calls it.
        program: String,
        /// Whose it is.
        owner: String,
        /// What it has not opened.
        closed: String,
        /// What it said.
        #[source]
        said: Said,
    },
    /// A fake stopped serving.
    #[error("keep the fakes serving")]
    Fake(#[source] io::Error),
    /// The run was interrupted.
    #[error("finish: interrupted")]
    Interrupted,
}

/// The last words of a real program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Said(String);

impl Said {
    /// The end of the first of `texts` in which there is anything.
    pub(crate) fn last_of(texts: impl IntoIterator<Item = String>) -> Self {
        const LINES: usize = 12;
        let text = texts.into_iter().find(|text| !text.trim().is_empty());
        let Some(text) = text else {
            return Self("it said nothing".to_owned());
        };
        let lines: Vec<&str> = text.trim_end().lines().collect();
        let from = lines.len().saturating_sub(LINES);
        Self(lines[from..].join("\n"))
    }
}

impl RunError {
    /// There is no git, or it cannot be used.
    pub(crate) fn git(source: modfault_git::GitError) -> Self {
        Self::Git(Box::new(source))
    }

    /// What stands in the way and how it is lifted, one line each; empty where the machine is not to blame.
    pub fn help(&self) -> Vec<String> {
        match self {
            Self::Sandbox(error) => error.limits().iter().map(ToString::to_string).collect(),
            Self::Clock { refusal } => refusal.limits().iter().map(ToString::to_string).collect(),
            Self::ClockStuck { .. } => vec![
                "run it with `--clock real`; if it ends there, the clock is at fault".to_owned(),
            ],
            Self::Git(source) | Self::Repository { source, .. } => {
                source.help().map(str::to_owned).into_iter().collect()
            }
            Self::ComponentMissing { install, .. } => install.iter().cloned().collect(),
            Self::ComponentEnded { how, .. } if how == "exit 0" => {
                vec!["let it stay in the foreground".to_owned()]
            }
            Self::ComponentEnded { .. } => Vec::new(),
            Self::ComponentSilent { .. } => {
                vec!["`listen` names the ports that its own files open, at `{address}`".to_owned()]
            }
            Self::Bind { .. }
            | Self::NoModule { .. }
            | Self::Module { .. }
            | Self::NoRepository { .. }
            | Self::Folder { .. }
            | Self::Certificate(_)
            | Self::ClientFile { .. }
            | Self::System { .. }
            | Self::Fake(_)
            | Self::Interrupted => Vec::new(),
        }
    }
}
