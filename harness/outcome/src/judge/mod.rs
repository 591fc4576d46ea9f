//! A scenario's phases held against its kind.
//!
//! | phase | `fails` | `survives` | `slower` | `myth` |
//! |---|---|---|---|---|
//! | control | works | works | works | works |
//! | fault | every fault fires, and it bites; fails | fires, bites; works | fires; works, takes longer than control | fires; works |
//! | fix | works | works | works | works |
//! | nonfix | ends and stops as the fault did | the same | the same | one at least: the symptom comes |
//!
//! To work is that the last command exits 0; to bite is to change the canonical observation, fired events apart; every
//! placed fault must have fired, one that is a state of the client or of a host has by being there. The symptom of a
//! myth is a text that the fault phase states as `absent`. A stated `exit` or `stopped` of a step takes the place of
//! the rule above for it, and whatever else is stated must hold too.
//!
//! A scenario of the kind `claims` has one phase, `trial`, of which nothing is asked but what is stated; what its claims foretell is
//! judged apart (`claims`).
//!
//! A command that a signal ended has the exit status 128 and the signal's number, as shells say. One that is still
//! running when its time is over hangs: it has no exit status, and fails its phase unless that is stated.

mod statement;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::canonical::canonicalise;
use crate::observation::{Exit, Observation, StepObservation};
use crate::reason::{Reason, stopped_words};
use crate::stopped::stopped;
use crate::wording::Wording;
use modfault_kit::{EventKind, FaultId, PlacedFault};
use modfault_scenario::{Expect, Kind, Layer, Phase, Stopped};
pub(crate) use statement::unmet;
use statement::{End, TO_HANG, exit_words, says, stated};

/// What is judged.
#[derive(Clone, Debug)]
pub struct JudgeInput<'a> {
    /// The scenario's kind.
    pub kind: Kind,
    /// The scenario's own layer.
    pub layer: Layer,
    /// What was run, in any order.
    pub phases: Vec<PhaseInput<'a>>,
}

/// One phase as it was meant and as it was seen.
#[derive(Clone, Debug)]
pub struct PhaseInput<'a> {
    /// Which.
    pub phase: Phase,
    /// The title of a fix or nonfix; else empty.
    pub title: String,
    /// What is stated, by step; steps beyond its end have nothing stated.
    pub expect: Vec<Expect>,
    /// The faults in its world.
    pub faults: Vec<PlacedFault>,
    /// What was seen.
    pub observation: &'a Observation,
}

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where it is not as expected.
    pub reasons: Vec<Reason>,
    /// Where each phase stopped, for reports.
    pub stopped: Vec<(Phase, Option<Stopped>)>,
}

/// One of three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything held.
    AsExpected,
    /// Something did not.
    NotAsExpected,
    /// The machine could not run it, for this reason; says nothing about `go` or the scenario.
    CouldNotRun(String),
}

impl Judgement {
    /// The judgement of a scenario that could not be run.
    pub fn could_not_run(reason: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::CouldNotRun(reason.into()),
            reasons: Vec::new(),
            stopped: Vec::new(),
        }
    }

    /// The same with one more reason, which makes it not as expected.
    #[must_use]
    pub fn with(mut self, reason: Reason) -> Self {
        self.verdict = Verdict::NotAsExpected;
        self.reasons.push(reason);
        self
    }
}

/// Judges.
pub fn judge(input: &JudgeInput<'_>, wording: &Wording) -> Judgement {
    let mut reasons = Vec::new();
    let find = |phase| input.phases.iter().find(|found| found.phase == phase);
    let (control, fault) = (find(Phase::Control), find(Phase::Fault));
    let wanted = match input.kind {
        Kind::Claims => &[Phase::Trial][..],
        _ => &[Phase::Control, Phase::Fault],
    };
    for phase in wanted.iter().filter(|phase| find(**phase).is_none()) {
        reasons.push(Reason::Missing { phase: *phase });
    }
    if let (Some(control), Some(fault)) = (control, fault) {
        reasons.extend(bites(input, control, fault, wording));
    }
    for phase in &input.phases {
        reasons.extend(egress(phase));
        let (about_exit, others) = match (phase.phase, input.kind) {
            (Phase::Control | Phase::Fix(_), _)
            | (Phase::Fault, Kind::Survives | Kind::Slower | Kind::Myth) => {
                (works(phase, input.layer), stated(phase, input.layer))
            }
            (Phase::Trial, _)
            | (Phase::Fault, Kind::Fails | Kind::Claims)
            | (Phase::Nonfix(_), Kind::Myth) => (None, stated(phase, input.layer)),
            (Phase::Nonfix(_), Kind::Fails | Kind::Survives | Kind::Slower | Kind::Claims) => (
                fault.and_then(|fault| like_the_fault(phase, fault, input)),
                stated(phase, input.layer),
            ),
        };
        match about_exit {
            // says more than that an exit status or a stop was stated otherwise
            Some(reason) => {
                reasons.push(reason);
                reasons.extend(others.into_iter().filter(|other| !is_about_ending(other)));
            }
            None => reasons.extend(others),
        }
    }
    if input.kind == Kind::Myth
        && let Some(fault) = fault
        && !symptom_is_shown(input, fault)
    {
        reasons.push(Reason::NoPositiveControl);
    }
    Judgement {
        verdict: if reasons.is_empty() {
            Verdict::AsExpected
        } else {
            Verdict::NotAsExpected
        },
        reasons,
        stopped: input
            .phases
            .iter()
            .map(|phase| (phase.phase, phase_stopped(phase, input.layer)))
            .collect(),
    }
}

/// Whether the fault fired and made the difference that the kind wants.
fn bites(
    input: &JudgeInput<'_>,
    control: &PhaseInput<'_>,
    fault: &PhaseInput<'_>,
    wording: &Wording,
) -> Vec<Reason> {
    let fired: BTreeSet<&FaultId> = events(fault)
        .filter_map(|event| {
            if let EventKind::Fired { fault, .. } = &event.kind {
                Some(fault)
            } else {
                None
            }
        })
        .collect();
    let mut reasons: Vec<Reason> = fault
        .faults
        .iter()
        .filter(|placed| !fired.contains(&placed.id))
        .map(|placed| Reason::DidNotFire {
            fault: placed.id.clone(),
        })
        .collect();
    match input.kind {
        Kind::Fails | Kind::Survives => {
            let without = canonicalise(control.observation, wording);
            let with = canonicalise(fault.observation, wording);
            if without.same_but_for_fired(&with) {
                reasons.push(Reason::DidNotBite);
            } else if input.kind == Kind::Fails && !fails(fault, control, input.layer) {
                reasons.push(Reason::DidNotFail);
            }
        }
        Kind::Slower => {
            let (without, with) = (took(control), took(fault));
            if with <= without || stated_time_holds_without(fault, control) {
                reasons.push(Reason::NotSlower {
                    control: without,
                    fault: with,
                });
            }
        }
        Kind::Myth | Kind::Claims => {}
    }
    reasons
}

/// Whether the command broke: a step ended otherwise than with 0, or shows what the healthy world does not.
fn fails(fault: &PhaseInput<'_>, control: &PhaseInput<'_>, layer: Layer) -> bool {
    let exited = fault
        .observation
        .steps
        .iter()
        .any(|step| step.exit.is_some_and(|exit| exit != Exit::Code(0)));
    let healthy = PhaseInput {
        expect: fault.expect.clone(),
        ..control.clone()
    };
    exited || !stated(&healthy, layer).is_empty()
}

/// Whether every least time stated of the fault phase was taken by the control phase as well, and one is stated.
fn stated_time_holds_without(fault: &PhaseInput<'_>, control: &PhaseInput<'_>) -> bool {
    let mut stated = fault
        .expect
        .iter()
        .zip(&control.observation.steps)
        .filter_map(|(expect, step)| Some(step.took >= expect.at_least?))
        .peekable();
    stated.peek().is_some() && stated.all(|held| held)
}

fn took(phase: &PhaseInput<'_>) -> Duration {
    phase.observation.steps.iter().map(|step| step.took).sum()
}

/// The last command exits 0 unless it is stated otherwise, and so does every other of which that is stated.
fn works(phase: &PhaseInput<'_>, layer: Layer) -> Option<Reason> {
    let last = last_command(phase).map(|(step, _)| step);
    steps(phase)
        .filter(|(step, expect)| match expect.exit {
            Some(wanted) => wanted == 0,
            None if expect.is_hang() => false,
            None => last.is_some_and(|last| std::ptr::eq(last, *step)),
        })
        .filter_map(|(step, _)| Some((step, step.exit?)))
        .find(|(_, exit)| *exit != Exit::Code(0))
        .map(|(step, exit)| Reason::DidNotRestore {
            phase: phase.phase,
            title: phase.title.clone(),
            exit,
            stopped: stopped(step, &phase.faults, layer),
        })
}

/// Whether a reason is about how or where a command ended.
fn is_about_ending(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Unmet { stated, .. }
            if stated.starts_with("exit ") || stated == TO_HANG || stated.starts_with("to be stopped ")
    )
}

/// Whether a nonfix prints a text that the fault phase says is absent.
fn symptom_is_shown(input: &JudgeInput<'_>, fault: &PhaseInput<'_>) -> bool {
    input
        .phases
        .iter()
        .filter(|phase| matches!(phase.phase, Phase::Nonfix(_)))
        .flat_map(|phase| &phase.observation.steps)
        .any(|step| {
            let mut symptoms = fault.expect.iter().flat_map(|expect| &expect.absent);
            symptoms.any(|text| says(step, text))
        })
}

/// A remedy that does not help leaves how the last command ends and where it stops as the fault has it.
fn like_the_fault(
    phase: &PhaseInput<'_>,
    fault: &PhaseInput<'_>,
    input: &JudgeInput<'_>,
) -> Option<Reason> {
    let (step, expect) = last_command(phase)?;
    let (broken, _) = last_command(fault)?;
    let (exit, was) = (step.exit.map(End::of), broken.exit.map(End::of));
    let (works, wanted) = (Some(End::Status(0)), End::stated(expect));
    if exit == works && was != works && wanted != works {
        return Some(Reason::DidRestore {
            phase: phase.phase,
            title: phase.title.clone(),
        });
    }
    let changed = |from: String, to: String| {
        Some(Reason::Changed {
            phase: phase.phase,
            title: phase.title.clone(),
            from,
            to,
        })
    };
    if wanted.is_none() && exit != was {
        return changed(exit_words(broken.exit), exit_words(step.exit));
    }
    let (at, was_at) = (
        stopped(step, &phase.faults, input.layer),
        stopped(broken, &fault.faults, input.layer),
    );
    // whoever states another end than the fault's has said that something changes
    let states_the_same = wanted.is_none() || wanted == was;
    if expect.stopped.is_none() && states_the_same && at != was_at {
        return changed(
            format!("stopped {}", stopped_words(was_at.as_ref())),
            format!("stopped {}", stopped_words(at.as_ref())),
        );
    }
    None
}

/// Attempts to leave the world, each destination once.
fn egress(phase: &PhaseInput<'_>) -> Vec<Reason> {
    let mut tried = BTreeSet::new();
    for event in events(phase) {
        if let EventKind::Egress {
            destination,
            protocol,
        } = &event.kind
        {
            let destination = match destination.port() {
                0 => destination.ip().to_string(),
                _ => destination.to_string(),
            };
            tried.insert((destination, protocol.clone()));
        }
    }
    tried
        .into_iter()
        .map(|(destination, protocol)| Reason::Egress {
            phase: phase.phase,
            destination,
            protocol,
        })
        .collect()
}

/// Where a phase stopped: the last step of it that was.
fn phase_stopped(phase: &PhaseInput<'_>, layer: Layer) -> Option<Stopped> {
    phase
        .observation
        .steps
        .iter()
        .rev()
        .find_map(|step| stopped(step, &phase.faults, layer))
}

fn events<'a>(phase: &PhaseInput<'a>) -> impl Iterator<Item = &'a modfault_kit::Event> {
    phase.observation.steps.iter().flat_map(|step| &step.events)
}

/// Each step with what is stated of it.
fn steps<'a>(
    phase: &'a PhaseInput<'_>,
) -> impl DoubleEndedIterator<Item = (&'a StepObservation, &'a Expect)> {
    static NOTHING: std::sync::LazyLock<Expect> = std::sync::LazyLock::new(Expect::default);
    phase
        .observation
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| (step, phase.expect.get(index).unwrap_or(&NOTHING)))
}

fn last_command<'a>(phase: &'a PhaseInput<'_>) -> Option<(&'a StepObservation, &'a Expect)> {
    steps(phase).rev().find(|(step, _)| step.exit.is_some())
}
