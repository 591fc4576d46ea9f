//! The client's side of SSH.

use serde::{Deserialize, Serialize};

use modfault_scenario::SshSpec;

/// What is in the client's `~/.ssh`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ssh {
    /// Its private key, if it has one.
    pub key: Option<SshKey>,
    /// The names of further keys, each in `~/.ssh/` under its name.
    pub others: Vec<String>,
    /// Whether `known_hosts` has the keys of all hosts that speak SSH.
    pub known_hosts: bool,
}

/// A private key on disk, beside its public half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKey {
    /// The name that hosts know it by.
    pub name: String,
    /// Absolute path.
    pub file: String,
    /// The passphrase that it is encrypted with.
    pub passphrase: Option<String>,
}

impl Ssh {
    /// What a scenario says, with what goes without saying.
    pub(crate) fn of(spec: &SshSpec) -> Self {
        let name = spec.key.clone().flatten();
        Self {
            key: name.map(|name| SshKey {
                name,
                file: spec.file.clone().unwrap_or_else(SshSpec::default_file),
                passphrase: spec.passphrase.clone().flatten(),
            }),
            others: spec.others.clone().unwrap_or_default(),
            known_hosts: spec.known_hosts.unwrap_or(true),
        }
    }
}
