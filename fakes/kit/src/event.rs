//! What the fakes and the wire saw.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::FaultId;
use crate::name::HostName;
use crate::select::RequestKind;
use crate::ssh::SshSeen;

/// One thing that was seen at one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, since the world began. Set by the recorder.
    #[serde(with = "humantime_serde")]
    pub at: Duration,
    /// Where.
    pub host: HostName,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// An event at `host`; the recorder adds the time.
    pub fn new(host: &HostName, kind: EventKind) -> Self {
        Self {
            at: Duration::ZERO,
            host: host.clone(),
            kind,
        }
    }
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A fault fired for the thing called `key`.
    Fired {
        /// Which fault.
        fault: FaultId,
        /// What it fired for: a request (`GET /path`), a question, a port.
        key: String,
    },
    /// A packet to an address that no host owns.
    Egress {
        /// Where it wanted to go; port 0 for protocols without ports.
        destination: SocketAddr,
        /// `tcp`, `udp`, `icmp` or the number of another protocol.
        protocol: String,
    },
    /// A connection was tried and did not come about, as seen on the wire.
    ConnectFailed {
        /// The port that was tried.
        port: u16,
        /// How it ended.
        outcome: ConnectOutcome,
    },
    /// A datagram found nobody listening, and the host said so: ICMP port unreachable (RFC 1122 §4.1.3.1).
    DatagramRefused {
        /// The port that it went to.
        port: u16,
    },
    /// A question was answered, or left without an answer.
    Dns {
        /// The name asked for, without the final dot.
        name: String,
        /// `A`, `AAAA`, `TXT`.
        record_type: String,
        /// `udp` or `tcp`.
        transport: String,
        /// The answer in words: a response code and the records, or `no answer`.
        answer: String,
        /// Whether it gave what was asked for. An empty answer to an AAAA question for a name that exists is one that did.
        outcome: Outcome,
    },
    /// A connection was accepted.
    Accepted {
        /// On this port.
        port: u16,
    },
    /// A connection that had been accepted ended otherwise than by an orderly close after all was answered.
    Broken {
        /// On this port.
        port: u16,
        /// What happened: `reset by fault`, `reset by client`, `stalled`, `cut after 1024 bytes`.
        how: String,
    },
    /// A TLS handshake ended (RFC 8446 §4).
    Tls {
        /// On this port.
        port: u16,
        /// The server name that the client sent.
        sni: Option<String>,
        /// The negotiated version, `1.2` or `1.3`.
        version: Option<String>,
        /// The negotiated application protocol.
        alpn: Option<String>,
        /// Whether it succeeded, with the alert or error in words when it did not.
        outcome: Outcome,
    },
    /// A request was answered, or left without an answer.
    Http(Exchange),
    /// A git service ran (gitprotocol-http).
    Git {
        /// The repository's path at the host.
        repository: String,
        /// `refs` or `pack`.
        service: String,
        /// Whether it gave what was asked for.
        outcome: Outcome,
    },
    /// Something happened on an SSH connection.
    Ssh {
        /// On this port.
        port: u16,
        /// What.
        seen: SshSeen,
    },
}

/// How a connection failed to come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectOutcome {
    /// A RST answered the SYN (RFC 9293 §3.5.2).
    Refused,
    /// Nothing answered the SYN.
    Dropped,
    /// ICMP said that the host or network cannot be reached (RFC 792).
    Unreachable,
}

/// Whether something went as the client wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It did.
    Done,
    /// It did not; in words, lower case, without a port, a time or a count that differs from run to run.
    Failed(String),
}

impl Outcome {
    /// Whether it went as wanted.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }
}

/// One HTTP request and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// What it asks for.
    pub asked: RequestKind,
    /// The method.
    pub method: String,
    /// `http` or `https`.
    pub scheme: String,
    /// The path with its query, as sent; for CONNECT the authority, for a forwarded request the absolute URL.
    pub path: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// The user name, where the request carried Basic credentials (of the proxy, for a proxy).
    pub user: Option<String>,
    /// The status sent, where one was sent.
    pub status: Option<u16>,
    /// The `Location` sent, where one was sent.
    pub location: Option<String>,
    /// Bytes of body that were handed to the connection.
    pub body: u64,
    /// Whether the answer was sent whole. An error status sent whole is `Done`.
    pub outcome: Outcome,
}
