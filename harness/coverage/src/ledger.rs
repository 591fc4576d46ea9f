//! The rows that the coverage table must have.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Every row, as `scenarios/coverage.toml` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ledger {
    /// Documented failures, by the id of the scenario that must show each.
    pub failure: BTreeMap<String, Failure>,
    /// Programs, services and files that documents name.
    pub system: BTreeMap<String, System>,
    /// Scripts of cmd/go's own tests.
    pub script: BTreeMap<String, Script>,
}

/// A documented failure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What it is, in a few words.
    pub what: String,
    /// Why no scenario shows it.
    #[serde(default)]
    pub untried: Option<String>,
}

/// A program, service or file that documents name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// The heading under which it stands.
    pub group: String,
    /// What stands for it in a world.
    pub role: Role,
    /// Words in the commands, variables and files of a scenario by which it is seen to take part.
    #[serde(default)]
    pub words: Vec<String>,
    /// Scenarios in which it takes part without a word of that kind.
    #[serde(default)]
    pub by: Vec<String>,
    /// Why no scenario shows it.
    #[serde(default)]
    pub untried: Option<String>,
}

/// What stands for a system in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The program itself.
    Real,
    /// One of our fakes.
    Fake,
    /// The program itself, asked what is wrong.
    Probe,
    /// A setting, file or variable.
    Setting,
    /// It exists on another platform only.
    Platform,
    /// Nothing: it is named in passing, and decides nothing about a download.
    Outside,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Real => "the program itself",
            Self::Fake => "a fake",
            Self::Probe => "the program, as a probe",
            Self::Setting => "a setting",
            Self::Platform => "another platform's",
            Self::Outside => "named in passing",
        })
    }
}

/// A script of cmd/go's own tests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The part of the list in which it stands.
    pub part: Part,
    /// What it asserts, in our words.
    pub what: String,
    /// Why no scenario shows it.
    #[serde(default)]
    pub untried: Option<String>,
}

/// What a script is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The list of proxies, and their protocol.
    Proxy,
    /// What a proxy sends: zips and go.mod files.
    Content,
    /// The checksum database.
    Sumdb,
    /// HTTPS, redirects, plain HTTP.
    Transport,
    /// Credentials.
    Authentication,
    /// Git without a proxy.
    Git,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proxy => "GOPROXY list and protocol",
            Self::Content => "Zip and go.mod content",
            Self::Sumdb => "Checksum database",
            Self::Transport => "HTTPS, redirects, plain HTTP",
            Self::Authentication => "Authentication",
            Self::Git => "Git in direct mode",
        })
    }
}

/// A ledger that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("scenarios/coverage.toml cannot be read: {0}")]
pub struct InvalidLedger(#[from] toml::de::Error);

impl Ledger {
    /// Reads the text of `scenarios/coverage.toml`.
    ///
    /// # Errors
    /// It is no TOML, or has a key that means nothing.
    pub fn parse(text: &str) -> Result<Self, InvalidLedger> {
        Ok(toml::from_str(text)?)
    }
}
