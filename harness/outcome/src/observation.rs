//! What was seen of one phase.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::probe::ProbeObservation;
use modfault_kit::{Event, FaultId};
use modfault_scenario::{Phase, WallTime};

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
    /// What was tried then to find what is wrong. Nothing of it counts for how the phase went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeObservation>,
    /// The real programs that had a part in it, by their host, or by their name on the client. Nothing of it is the same in every run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<String, ComponentLog>,
    /// Values that differ from run to run, with the word that stands for each.
    pub bindings: BTreeMap<String, String>,
    /// The clock that it ran under; in files that do not say, the machine's.
    #[serde(default)]
    pub clock: ObservedClock,
    /// What the world cost, in real time.
    pub cost: Cost,
}

/// What a real program said while it ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentLog {
    /// What the scenario calls it: `nginx`.
    pub program: String,
    /// What it printed.
    pub stdout: String,
    /// What it printed.
    pub stderr: String,
    /// Its logs, by their path in its directory; one that it did not write is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// The clock that a phase ran under: what every duration and time of its observation was read from, its cost apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObservedClock {
    /// The world's own: it stood still while anything ran.
    Virtual {
        /// What the client's wall clock showed when the world began.
        start: WallTime,
    },
    /// The machine's.
    Real {
        /// Why, where nobody asked for it: the scenario's reason, or what stands in the way of the virtual one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

impl Default for ObservedClock {
    fn default() -> Self {
        Self::Real { reason: None }
    }
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
    /// Where it was when its time was over, of a command that [overran](Exit::Overran).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hang: Option<Hang>,
    /// Each command of a step in which several ran at the same time, in the order of the file; empty for every other step.
    /// Of such a step `exit` is the first that is not 0, and `stdout` and `stderr` are what all of them printed, one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<CommandObservation>,
}

/// One of several commands that ran at the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandObservation {
    /// The command line as the scenario has it.
    pub title: String,
    /// How it ended.
    pub exit: Exit,
    /// What it printed.
    pub stdout: String,
    /// What it printed.
    pub stderr: String,
}

/// A command that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hang {
    /// Whether nothing was left that could happen, which only the virtual clock can know; else it was merely still running.
    pub for_ever: bool,
    /// What the world's clock showed then, since the command began.
    #[serde(with = "humantime_serde")]
    pub after: Duration,
    /// The processes that slept, and in what.
    pub waits: Vec<Waiting>,
    /// What `go` printed when it was told to quit (SIGQUIT): its goroutines, each with its stack. Empty where it printed nothing.
    pub dump: String,
}

/// A process that sleeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Waiting {
    /// Its name: `go`, `git`, `git-remote-https`.
    pub process: String,
    /// The system call that it sleeps in, in words after its name: `reads a pipe`, `waits for a child`.
    pub call: String,
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
