//! The commands with which people look for what is wrong, and what each of them reveals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::expect::{Expect, Expectation};

/// A command that is tried on the broken client, after what failed there and in the same world.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Probe {
    /// The command line; behind `sudo` it is run by the client's root.
    pub run: String,
    /// What it tells about the fault, or why nothing, for readers.
    pub reveals: String,
    /// Whether it tells anything.
    pub insight: Insight,
    /// When it runs.
    pub moment: Moment,
    /// What of it is pinned: how it ends, and texts that it prints.
    pub expect: Expectation,
    /// Programs that the machine must have, or it is not run.
    pub needs: Vec<String>,
}

/// Whether a probe tells anything about the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Insight {
    /// What is pinned of it is not to be seen on a healthy machine.
    Tells,
    /// It prints the same on a healthy machine: who trusts it looks elsewhere.
    Blind,
}

/// When a probe runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// By itself, when all steps are done.
    After,
    /// Beside a second run of the last command, from before it begins until it has ended.
    During,
}

/// What is pinned of a probe, for all Go versions or for some.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Pinned {
    /// Its exit status.
    pub(crate) exit: Option<i32>,
    /// Texts that its stdout contains, in any order; their lines are recorded.
    pub(crate) stdout: Vec<String>,
    /// Texts that its stderr contains, in any order; their lines are recorded.
    pub(crate) stderr: Vec<String>,
}

impl From<Pinned> for Expect {
    fn from(pinned: Pinned) -> Self {
        Self {
            exit: pinned.exit,
            stdout: pinned.stdout,
            stderr: pinned.stderr,
            ..Self::default()
        }
    }
}
