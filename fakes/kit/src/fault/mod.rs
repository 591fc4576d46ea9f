//! What can go wrong, as plain data: one file per mechanism.
//!
//! A scenario file spells a fault `<mechanism>.<what> = ...` with the names below. The fake of the protocol turns
//! (fault, request) into an answer; nothing here does anything.

mod dns;
mod git;
mod goproxy;
mod http;
mod net;
mod ssh;
mod sumdb;
mod tcp;
mod tls;
mod vanity;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use dns::{DnsFault, ResponseCode};
pub use git::GitFault;
pub use goproxy::GoproxyFault;
pub use http::{Arrival, BodyRewriting, HttpFault, PathMangling};
pub use net::NetFault;
pub use ssh::{SshFault, SshStage};
pub use sumdb::SumdbFault;
pub use tcp::{Direction, TcpFault, Toxic};
pub use tls::{Alert, ChainFlaw, TlsFault};
pub use vanity::VanityFault;

use crate::name::HostName;
use crate::select::Selector;
use crate::trigger::Trigger;

/// The name of one placed fault, unique in its world: `fault[0]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub String);

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing wrong, by mechanism.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// In the answers of the resolver about a name.
    Dns(DnsFault),
    /// To packets on the wire.
    Net(NetFault),
    /// To the byte stream of a connection.
    Tcp(TcpFault),
    /// In the TLS handshake.
    Tls(TlsFault),
    /// In HTTP answers.
    Http(HttpFault),
    /// In what a module proxy serves.
    Goproxy(GoproxyFault),
    /// In what a checksum database serves.
    Sumdb(SumdbFault),
    /// In what a git server serves.
    Git(GitFault),
    /// At an SSH server of a code host.
    Ssh(SshFault),
    /// In `?go-get=1` pages.
    Vanity(VanityFault),
}

impl Fault {
    /// The word for its mechanism in scenario files and reports.
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Net(_) => "net",
            Self::Tcp(_) => "tcp",
            Self::Tls(_) => "tls",
            Self::Http(_) => "http",
            Self::Goproxy(_) => "goproxy",
            Self::Sumdb(_) => "sumdb",
            Self::Git(_) => "git",
            Self::Ssh(_) => "ssh",
            Self::Vanity(_) => "vanity",
        }
    }
}

/// A fault with its place: on which host, for which requests, when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedFault {
    /// Its name in events and reports.
    pub id: FaultId,
    /// The host at fault. For a DNS fault the name that is asked about, or the resolver's own for all names.
    pub on: HostName,
    /// For which requests.
    pub select: Selector,
    /// When, among those.
    pub trigger: Trigger,
    /// What goes wrong.
    pub what: Fault,
}
