//! What a scenario states about one command.

use std::time::Duration;

use modfault_kit::HostName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind::Stopped;

/// The point of a scenario, stated of one step in one phase; what is absent is not stated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// The exit status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Texts that stdout contains, in any order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stdout: Vec<String>,
    /// Texts that stderr contains, in any order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stderr: Vec<String>,
    /// Texts that neither stdout nor stderr contains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<String>,
    /// Where the timeline says that it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Hosts that were asked something over HTTP or git.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<HostName>,
    /// Hosts that were asked nothing at all: no connection, no request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<HostName>,
    /// It takes at least this long.
    #[serde(skip_serializing_if = "Option::is_none", with = "humantime_serde")]
    #[schemars(with = "Option<modfault_kit::quantity::DurationText>")]
    pub at_least: Option<Duration>,
    /// It takes at most this long.
    #[serde(skip_serializing_if = "Option::is_none", with = "humantime_serde")]
    #[schemars(with = "Option<modfault_kit::quantity::DurationText>")]
    pub at_most: Option<Duration>,
}
