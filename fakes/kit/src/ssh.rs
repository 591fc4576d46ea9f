//! What an SSH server saw.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::Outcome;

/// One thing that was seen on an SSH connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SshSeen {
    /// The key exchange ended (RFC 4253 §7): the client has seen the host key, and stays or goes.
    KeyExchange {
        /// Whether the client stayed.
        outcome: Outcome,
    },
    /// A key was offered (RFC 4252 §7).
    Key {
        /// For this user.
        user: String,
        /// Whose it is, where the server knows it.
        owner: Option<String>,
        /// Its fingerprint: `SHA256:…`.
        fingerprint: String,
        /// Whether it would be accepted.
        outcome: Outcome,
    },
    /// The login ended.
    Login {
        /// As this user.
        user: String,
        /// Whether it succeeded.
        outcome: Outcome,
    },
    /// A command ran (RFC 4254 §6.5), or none was given.
    Command {
        /// What was asked for; `None` for a shell.
        command: Option<String>,
        /// Bytes that it sent.
        bytes: u64,
        /// Whether it gave what was asked for.
        outcome: Outcome,
    },
}

impl SshSeen {
    /// Whether it went as the client wanted.
    pub fn outcome(&self) -> &Outcome {
        match self {
            Self::KeyExchange { outcome }
            | Self::Key { outcome, .. }
            | Self::Login { outcome, .. }
            | Self::Command { outcome, .. } => outcome,
        }
    }

    /// What it was about, without how it ended.
    pub fn subject(&self) -> SshSubject<'_> {
        SshSubject(self)
    }
}

/// What an [`SshSeen`] is about, in words: `key exchange`, `login as git`, `git-upload-pack 'x'`.
#[derive(Clone, Copy, Debug)]
pub struct SshSubject<'a>(&'a SshSeen);

impl fmt::Display for SshSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SshSeen::KeyExchange { .. } => f.write_str("key exchange"),
            SshSeen::Key { user, owner, .. } => match owner {
                Some(owner) => write!(f, "key of {owner} for {user}"),
                None => write!(f, "unknown key for {user}"),
            },
            SshSeen::Login { user, .. } => write!(f, "login as {user}"),
            SshSeen::Command {
                command: Some(command),
                ..
            } => f.write_str(command),
            SshSeen::Command { command: None, .. } => f.write_str("shell"),
        }
    }
}
