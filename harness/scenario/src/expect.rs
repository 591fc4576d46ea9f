//! What a scenario states about one command.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind::Stopped;
use crate::version::{GoVersion, VersionRange};
use modfault_kit::HostName;

/// The point of a scenario, stated of one step in one phase; what is absent is not stated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// The exit status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Whether it is still running when its time is over, in the place of an exit status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hangs: Option<bool>,
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
    /// Hosts that were asked something over HTTP, git or DNS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<HostName>,
    /// Hosts that were asked nothing at all: no connection, no request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<HostName>,
    /// Requests that were made over HTTP: host and path, `*` for anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requested: Vec<String>,
    /// Requests that were not made over HTTP: host and path, `*` for anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_requested: Vec<String>,
    /// It takes at least this long.
    #[serde(skip_serializing_if = "Option::is_none", with = "humantime_serde")]
    #[schemars(with = "Option<modfault_kit::quantity::DurationText>")]
    pub at_least: Option<Duration>,
    /// It takes at most this long.
    #[serde(skip_serializing_if = "Option::is_none", with = "humantime_serde")]
    #[schemars(with = "Option<modfault_kit::quantity::DurationText>")]
    pub at_most: Option<Duration>,
}

impl Expect {
    /// Exactly this exit status, and nothing else stated.
    pub fn exit(status: i32) -> Self {
        Self {
            exit: Some(status),
            ..Self::default()
        }
    }

    /// That it never comes to an end.
    pub fn is_hang(&self) -> bool {
        self.hangs == Some(true)
    }

    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// What `self` states with `over` in its stead, field by field, where `over` states something. How it ends
    /// is one statement: an exit status takes the place of `hangs`, and the other way round.
    pub fn overridden_by(&self, over: &Self) -> Self {
        let list = |under: &Vec<String>, over: &Vec<String>| {
            if over.is_empty() { under } else { over }.clone()
        };
        let hosts = |under: &Vec<HostName>, over: &Vec<HostName>| {
            if over.is_empty() { under } else { over }.clone()
        };
        let (exit, hangs) = if over.is_hang() {
            (None, over.hangs)
        } else if over.exit.is_some() {
            (over.exit, over.hangs)
        } else if over.hangs.is_some() {
            (self.exit, over.hangs)
        } else {
            (self.exit, self.hangs)
        };
        Self {
            exit,
            hangs,
            stdout: list(&self.stdout, &over.stdout),
            stderr: list(&self.stderr, &over.stderr),
            absent: list(&self.absent, &over.absent),
            stopped: over.stopped.clone().or_else(|| self.stopped.clone()),
            requested: list(&self.requested, &over.requested),
            not_requested: list(&self.not_requested, &over.not_requested),
            asked: hosts(&self.asked, &over.asked),
            not_asked: hosts(&self.not_asked, &over.not_asked),
            at_least: over.at_least.or(self.at_least),
            at_most: over.at_most.or(self.at_most),
        }
    }
}

/// An [`Expect`] with parts that hold for some Go versions only.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Expectation {
    /// For every version.
    pub base: Expect,
    /// What differs, by range; a later one overrides an earlier one.
    #[serde(skip)]
    pub by_version: Vec<(VersionRange, Expect)>,
}

impl Expectation {
    /// What is stated for `version`.
    pub fn at(&self, version: GoVersion) -> Expect {
        self.by_version
            .iter()
            .filter(|(range, _)| range.contains(version))
            .fold(self.base.clone(), |expect, (_, over)| {
                expect.overridden_by(over)
            })
    }

    /// Whether nothing is stated for any version.
    pub fn is_empty(&self) -> bool {
        self.base.is_empty() && self.by_version.is_empty()
    }

    /// Every part, that for all versions first.
    pub fn parts(&self) -> impl Iterator<Item = &Expect> {
        std::iter::once(&self.base).chain(self.by_version.iter().map(|(_, expect)| expect))
    }
}
