//! Stream faults: Toxiproxy's toxics, under its names and attributes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One toxic on one direction of the connections of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TcpFault {
    /// Client to server, or server to client.
    #[serde(default)]
    pub stream: Direction,
    /// What is done to the stream.
    pub toxic: Toxic,
}

/// A direction, in Toxiproxy's words.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Client to server.
    Upstream,
    /// Server to client.
    #[default]
    Downstream,
}

/// A toxic with its attributes (milliseconds unless said otherwise).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Toxic {
    /// Each chunk is held for `latency`, give or take `jitter`.
    Latency {
        /// Milliseconds.
        #[serde(default)]
        latency: u64,
        /// Milliseconds.
        #[serde(default)]
        jitter: u64,
    },
    /// At most `rate` kilobytes (of 1000 bytes) a second.
    Bandwidth {
        /// Kilobytes a second.
        rate: u64,
    },
    /// The close is passed on only after `delay`.
    SlowClose {
        /// Milliseconds.
        delay: u64,
    },
    /// All data vanishes, and the connection is closed after `timeout`; with 0 it stays open.
    Timeout {
        /// Milliseconds.
        #[serde(default)]
        timeout: u64,
    },
    /// The connection is reset (RST) `timeout` after the first data.
    ResetPeer {
        /// Milliseconds.
        #[serde(default)]
        timeout: u64,
    },
    /// Data is cut into pieces of about `average_size` bytes, `delay` microseconds apart.
    Slicer {
        /// Bytes.
        average_size: u64,
        /// Bytes.
        #[serde(default)]
        size_variation: u64,
        /// Microseconds.
        #[serde(default)]
        delay: u64,
    },
    /// The connection is closed after exactly `bytes` bytes.
    LimitData {
        /// Bytes.
        bytes: u64,
    },
    /// Nothing listens any more: connections are refused.
    Down {},
    /// The connection is reset (RST) after exactly `bytes` bytes. Not one of Toxiproxy's: its `limit_data` ends with FIN.
    ResetAfter {
        /// Bytes.
        bytes: u64,
    },
}
