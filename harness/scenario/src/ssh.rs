//! SSH as a scenario declares it: which key the client has, and whether it knows the hosts' keys.

use serde::Serialize;

use crate::client::places;
use crate::host::replace;

/// The client's side of SSH. As a patch it holds what is different.
///
/// Keys go by names: a key of the same name is the same key, for the client that has it and for the host that accepts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SshSpec {
    /// The name of the key that the client has; `Some(None)` for none.
    pub key: Option<Option<String>>,
    /// The file that the private key is in, as an absolute path.
    pub file: Option<String>,
    /// The passphrase that the private key wants; `Some(None)` for none.
    pub passphrase: Option<Option<String>>,
    /// The names of further keys, each in `~/.ssh/` under its name.
    pub others: Option<Vec<String>>,
    /// Whether `~/.ssh/known_hosts` has the keys of all hosts.
    pub known_hosts: Option<bool>,
}

impl SshSpec {
    /// The file that ssh looks for an Ed25519 key in without being told (ssh(1), FILES).
    pub fn default_file() -> String {
        format!("{}/.ssh/id_ed25519", places::HOME)
    }

    /// What `patch` says different lies over this.
    pub(crate) fn patch(&mut self, patch: &Self) {
        replace(&mut self.key, &patch.key);
        replace(&mut self.file, &patch.file);
        replace(&mut self.passphrase, &patch.passphrase);
        replace(&mut self.others, &patch.others);
        replace(&mut self.known_hosts, &patch.known_hosts);
    }
}

/// Why `name` is no name of a key, if it is none.
pub(crate) fn wrong_key_name(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!name.chars().all(letter)).then_some("it has more than small letters, digits and `-`")
}
