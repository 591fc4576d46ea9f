//! What was seen of one phase.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use modfault_kit::{Event, FaultId};
use modfault_scenario::Phase;

/// Everything seen of one phase, raw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Which phase.
    pub phase: Phase,
    /// What `go env GOVERSION` says: `go1.26.8`.
    pub go: String,
    /// Versions of the other tools that had a part in it: `git` → `2.39.5`.
    pub tools: BTreeMap<String, String>,
    /// The faults that were placed in this phase's world; a client fault counts as fired by being there.
    pub placed: Vec<FaultId>,
    /// Each step with what was seen during it.
    pub steps: Vec<StepObservation>,
    /// Values that differ from run to run, with the word that stands for each.
    pub bindings: BTreeMap<String, String>,
    /// What the world cost, in real time.
    pub cost: Cost,
}

/// One step of a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepObservation {
    /// The command line as the scenario has it, or what a step without a command did, in words.
    pub title: String,
    /// How it ended; `None` for a step without a command.
    pub exit: Option<Exit>,
    /// What the command printed.
    pub stdout: String,
    /// What the command printed.
    pub stderr: String,
    /// How long it took on the world's clock.
    #[serde(with = "humantime_serde")]
    pub took: Duration,
    /// What the fakes and the wire saw meanwhile, in the order of arrival.
    pub events: Vec<Event>,
    /// Files that the scenario wants to see afterwards; `None` where there is none.
    pub files: BTreeMap<String, Option<String>>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// It exited with this status.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// It was still running when the time allowed for it was over, and was killed.
    Overran,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Overran => f.write_str("still running, killed"),
        }
    }
}

/// What a phase cost, in real time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Making the world.
    #[serde(with = "humantime_serde")]
    pub up: Duration,
    /// Running all steps.
    #[serde(with = "humantime_serde")]
    pub steps: Duration,
    /// Taking the world down.
    #[serde(with = "humantime_serde")]
    pub down: Duration,
    /// User and system time of the commands.
    #[serde(with = "humantime_serde")]
    pub command_cpu: Duration,
}
