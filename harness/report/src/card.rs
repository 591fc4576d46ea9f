//! What a report says of a scenario: enough to tell it without its file.

use std::net::IpAddr;

use modfault_kit::HostName;
use modfault_scenario::{Kind, Layer};
use serde::{Deserialize, Serialize};

/// A scenario in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// `tls/missing-intermediate`.
    pub id: String,
    /// One sentence.
    pub description: String,
    /// What it shows.
    pub kind: Kind,
    /// Where it belongs.
    pub layer: Layer,
    /// The truth of its fault, `<layer>/<name>`; its own id as a rule.
    pub cause: String,
    /// More for readers, paragraphs apart by an empty line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The documents that it is taken from: `S1-3.2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What the machine must have: `git`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The client's settings that the scenario makes: `GOPROXY=https://goproxy.corp.example`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<String>,
    /// The machines of the small internet, the resolver among them.
    pub hosts: Vec<HostCard>,
    /// What is wrong.
    pub faults: Vec<FaultCard>,
    /// The command lines and other steps.
    pub steps: Vec<String>,
    /// The titles of the remedies that mend it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
    /// The titles of the remedies that do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nonfixes: Vec<String>,
}

/// A machine in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCard {
    /// Its name.
    pub name: HostName,
    /// Its address.
    pub address: IpAddr,
    /// What it does: `goproxy with example.com/greet`.
    pub role: String,
}

/// A fault in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCard {
    /// A sentence without its final period.
    pub words: String,
    /// Where the drawing marks it.
    pub place: Place,
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On the client.
    Client,
    /// Between the client and this host.
    Wire(HostName),
    /// On this host.
    Host(HostName),
}
