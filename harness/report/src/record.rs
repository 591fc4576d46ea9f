//! A scenario with what was observed and judged: what is saved, and what every report is made of.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::clock::{ClockWord, reason};
use modfault_kit::PlacedFault;
use modfault_outcome::{
    Diff, JudgeInput, Judgement, Observation, PhaseInput, ProbeObservation, Reason, TriedClaim,
    Verdict,
};
use modfault_scenario::{Phase, Stopped};

/// One scenario, run and judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The scenario.
    pub scenario: Arc<Card>,
    /// What `go env GOVERSION` says, where it ran.
    pub go: Option<String>,
    /// The clock that it ran under; the real one where a single phase needed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockWord>,
    /// Why that was the real one, where nobody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_reason: Option<String>,
    /// The verdict.
    pub verdict: VerdictWord,
    /// Why it could not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub could_not_run: Option<String>,
    /// Why it is not as expected.
    pub reasons: Vec<ReasonRecord>,
    /// A difference from the snapshot of another Go version, where this one has none of its own: no failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Diff>,
    /// How long it took, in real time.
    #[serde(with = "humantime_serde")]
    pub took: Duration,
    /// Its phases, in the order in which they were run.
    pub phases: Vec<PhaseRecord>,
    /// Its claims after their experiments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<TriedClaim>,
}

/// One phase of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// Which.
    pub phase: Phase,
    /// The title of a fix or nonfix; else empty.
    pub title: String,
    /// The faults in its world.
    pub faults: Vec<PlacedFault>,
    /// Where the timeline says that it stopped.
    pub stopped: Option<Stopped>,
    /// What was seen, raw.
    pub observation: Observation,
}

/// A verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// Everything held.
    AsExpected,
    /// Something did not.
    NotAsExpected,
    /// The machine could not run it.
    CouldNotRun,
    /// It is about other versions of Go, and nothing was run.
    OtherGo,
}

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRecord {
    /// The rule: `did-not-bite`, `did-not-fire`, `unmet`, ...
    pub rule: String,
    /// The sentence for the user, without its final period.
    pub message: String,
    /// The difference of snapshots, where that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diff>,
}

impl From<&Reason> for ReasonRecord {
    fn from(reason: &Reason) -> Self {
        Self {
            rule: reason.rule().to_owned(),
            message: reason.to_string(),
            diff: if let Reason::Snapshot { diff } = reason {
                Some(diff.clone())
            } else {
                None
            },
        }
    }
}

impl Record {
    /// The record of a scenario that was judged, after `took` of real time.
    pub fn new(
        scenario: impl Into<Arc<Card>>,
        input: &JudgeInput<'_>,
        judgement: &Judgement,
        took: Duration,
    ) -> Self {
        let phases = input
            .phases
            .iter()
            .map(|phase| phase_record(phase, judgement))
            .collect();
        Self {
            go: input
                .phases
                .first()
                .map(|phase| phase.observation.go.clone()),
            clock: ClockWord::of_all(input.phases.iter().map(|phase| phase.observation)),
            clock_reason: reason(input.phases.iter().map(|phase| phase.observation)),
            phases,
            ..Self::without_phases(scenario, judgement, took)
        }
    }

    /// The record of a scenario of which nothing was run.
    pub fn could_not_run(scenario: impl Into<Arc<Card>>, reason: impl Into<String>) -> Self {
        Self::without_phases(scenario, &Judgement::could_not_run(reason), Duration::ZERO)
    }

    /// The record of a scenario that is not about the Go with this tag (`go1.21.13`).
    pub fn other_go(scenario: impl Into<Arc<Card>>, go: impl Into<String>) -> Self {
        let nothing = Judgement {
            verdict: Verdict::AsExpected,
            reasons: Vec::new(),
            stopped: Vec::new(),
        };
        Self {
            go: Some(go.into()),
            verdict: VerdictWord::OtherGo,
            ..Self::without_phases(scenario, &nothing, Duration::ZERO)
        }
    }

    fn without_phases(
        scenario: impl Into<Arc<Card>>,
        judgement: &Judgement,
        took: Duration,
    ) -> Self {
        let (verdict, could_not_run) = match &judgement.verdict {
            Verdict::AsExpected => (VerdictWord::AsExpected, None),
            Verdict::NotAsExpected => (VerdictWord::NotAsExpected, None),
            Verdict::CouldNotRun(reason) => (VerdictWord::CouldNotRun, Some(reason.clone())),
        };
        Self {
            scenario: scenario.into(),
            go: None,
            clock: None,
            clock_reason: None,
            verdict,
            could_not_run,
            reasons: judgement.reasons.iter().map(ReasonRecord::from).collect(),
            drift: None,
            took,
            phases: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// The phase, where it was run.
    pub fn phase(&self, phase: Phase) -> Option<&PhaseRecord> {
        self.phases.iter().find(|found| found.phase == phase)
    }

    /// What was seen of a probe with the fault.
    pub fn probe(&self, run: &str) -> Option<&ProbeObservation> {
        let fault = self.phase(Phase::Fault)?;
        fault.observation.probes.iter().find(|seen| seen.run == run)
    }

    /// The probes that were not run, each with the reason.
    pub fn probes_not_run(&self) -> impl Iterator<Item = (&str, &str)> {
        let fault = self.phase(Phase::Fault);
        let seen = fault
            .into_iter()
            .flat_map(|fault| &fault.observation.probes);
        seen.filter_map(|seen| Some((seen.run.as_str(), seen.not_run.as_deref()?)))
    }
}

fn phase_record(phase: &PhaseInput<'_>, judgement: &Judgement) -> PhaseRecord {
    PhaseRecord {
        phase: phase.phase,
        title: phase.title.clone(),
        faults: phase.faults.clone(),
        stopped: judgement
            .stopped
            .iter()
            .find(|(of, _)| *of == phase.phase)
            .and_then(|(_, stopped)| stopped.clone()),
        observation: phase.observation.clone(),
    }
}
