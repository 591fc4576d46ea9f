//! SSH server faults (RFC 4253, RFC 4252, RFC 4254).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;

/// What goes wrong at an SSH server of a code host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SshFault {
    /// The connection is accepted, and not even the server's version line comes (RFC 4253 §4.2).
    StallBanner,
    /// The server says what it can do, and never answers the key exchange (RFC 4253 §7).
    StallKeyExchange,
    /// No answer comes to the first offer of a key (RFC 4252 §7).
    StallAuthentication,
    /// The server has another host key than the one that was made known.
    OtherHostKey,
    /// No key is accepted.
    RefuseKeys,
    /// Only passwords would be accepted (RFC 4252 §8), and none is right.
    PasswordOnly,
    /// After so many keys that it does not accept the server ends the connection (RFC 4252 §4, RFC 4253 §11.1).
    KeysAtMost(u32),
    /// The repository does not exist, or is hidden.
    NotFound,
    /// The key is known, and the repository is not for its owner.
    Forbidden,
    /// The pack stops after so many bytes; the connection stays open.
    StallPack(ByteCount),
    /// The connection is closed after so many bytes of the pack.
    CutPack(ByteCount),
}

impl SshFault {
    /// When it shows. A server asks this before it fires the fault.
    pub fn stage(&self) -> SshStage {
        match self {
            Self::StallBanner
            | Self::StallKeyExchange
            | Self::OtherHostKey
            | Self::PasswordOnly
            | Self::KeysAtMost(_) => SshStage::Connection,
            Self::StallAuthentication | Self::RefuseKeys => SshStage::Login,
            Self::NotFound | Self::Forbidden => SshStage::Command,
            Self::StallPack(_) | Self::CutPack(_) => SshStage::Pack,
        }
    }
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SshStage {
    /// It has been accepted.
    Connection,
    /// The user says who it is.
    Login,
    /// A command is to run.
    Command,
    /// The command is about to send a pack.
    Pack,
}
