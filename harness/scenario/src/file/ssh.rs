//! `client.ssh`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Located;
use super::client::False;

/// The client's SSH key and what it knows of hosts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct SshFile {
    /// The name of its key, an Ed25519 one, as hosts have it in `git.ssh`; `false` for none.
    pub(crate) key: Option<Located<NameOrNone>>,
    /// The file of its private key; `~/.ssh/id_ed25519` unless stated.
    pub(crate) file: Option<Located<String>>,
    /// The passphrase that the private key wants; none unless stated.
    pub(crate) passphrase: Option<NameOrNone>,
    /// The names of further keys, each in `~/.ssh/` under its name.
    pub(crate) others: Option<Vec<Located<String>>>,
    /// Whether `~/.ssh/known_hosts` has the keys of all hosts; yes unless `false`.
    pub(crate) known_hosts: Option<bool>,
}

/// A text, or `false` for none.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum NameOrNone {
    /// This one.
    Name(String),
    /// None.
    None(False),
}

impl NameOrNone {
    /// The text, if there is one.
    pub(crate) fn name(&self) -> Option<&String> {
        match self {
            Self::Name(name) => Some(name),
            Self::None(_) => None,
        }
    }
}
