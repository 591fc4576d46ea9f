//! The kinds of scenario, its phases and its layers.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use modfault_kit::HostName;

/// What a scenario shows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The command breaks, fixes mend it, nonfixes do not.
    #[default]
    Fails,
    /// The fault fires and the command copes.
    Survives,
    /// It works, and takes the time stated.
    Slower,
    /// The documented symptom does not come; a positive control shows that it would have been seen.
    Myth,
    /// What documents state is put to the test, step by step, in one world.
    Claims,
}

/// One run of a scenario, in a fresh world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The world works.
    Control,
    /// One thing is broken.
    Fault,
    /// The nth remedy, from 0, is applied to the broken world.
    Fix(usize),
    /// The nth folk remedy, from 0, is applied to the broken world.
    Nonfix(usize),
    /// Everything that a scenario of claims tries, in the world as it is.
    Trial,
}

impl Kind {
    /// Its one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Survives => "survives",
            Self::Slower => "slower",
            Self::Myth => "myth",
            Self::Claims => "claims",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control => f.write_str("control"),
            Self::Fault => f.write_str("fault"),
            Self::Fix(n) => write!(f, "fix[{n}]"),
            Self::Nonfix(n) => write!(f, "nonfix[{n}]"),
            Self::Trial => f.write_str("trial"),
        }
    }
}

/// Where a fault shows itself, or a scenario belongs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Settings of the client.
    Env,
    /// Name resolution.
    Dns,
    /// Packets and connections.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// HTTP answers and HTTP proxies.
    Http,
    /// The GOPROXY protocol and chain.
    Goproxy,
    /// Checksums and the checksum database.
    Sum,
    /// The module cache.
    Cache,
    /// git and its credentials.
    Git,
    /// The vendor directory.
    Vendor,
    /// Module semantics.
    Mod,
}

impl Layer {
    /// Every layer, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Env,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Http,
        Self::Goproxy,
        Self::Sum,
        Self::Cache,
        Self::Git,
        Self::Vendor,
        Self::Mod,
    ];

    /// Its one name, in files, output and ids alike.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Goproxy => "goproxy",
            Self::Sum => "sum",
            Self::Cache => "cache",
            Self::Git => "git",
            Self::Vendor => "vendor",
            Self::Mod => "mod",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a command was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    /// The host; for DNS the name asked about. Absent when it stopped on the client itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<HostName>,
    /// The layer.
    #[serde(rename = "in")]
    pub layer: Layer,
}
