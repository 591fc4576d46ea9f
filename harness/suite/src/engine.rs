//! One scenario from its plan to its record: every phase in a fresh world, judged, and held against its snapshot.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::claims;
use crate::clock::Available;
use crate::error::Error;
use crate::pace;
use crate::probes;
use crate::recorded::{Held, held_against};
use crate::select::Case;
use modfault_outcome::{
    JudgeInput, Observation, PhaseInput, Reason, Wording, canonicalise, judge, judge_probes,
    snapshot_text,
};
use modfault_report::Record;
use modfault_scenario::{Expect, GoVersion, Phase};
use modfault_toolchain::Toolchain;
use modfault_world::{Step, World};

/// A scenario on a toolchain.
#[derive(Clone, Debug)]
pub struct Task {
    /// The scenario.
    pub case: Case,
    /// What words in the texts of tools mean nothing.
    pub wording: Arc<Wording>,
    /// The toolchain.
    pub toolchain: Toolchain,
    /// Whether its snapshot is recorded or compared.
    pub snapshots: Snapshots,
    /// A program that it needs and the machine does not have.
    pub lacking: Option<String>,
    /// The clock that its worlds have.
    pub clock: Available,
    /// Whether its probes are run.
    pub probes: Probes,
}

impl Task {
    /// The longest real time that the scenario states for a command; nothing where it states none.
    pub fn wait(&self) -> Duration {
        pace::wait(&self.case.scenario, go_version(&self.toolchain), self.clock)
    }
}

/// What is done about a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snapshots {
    /// It must be like the recorded one.
    Compare,
    /// It is recorded.
    Bless,
    /// Nothing: the scenario is only told.
    Ignore,
}

/// What is done about the probes of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probes {
    /// They are run, and held against what is said of them.
    Run,
    /// Nothing.
    LeaveOut,
}

/// Why a phase came to no observation.
#[derive(Debug)]
pub enum Hindrance {
    /// Somebody ended it.
    Interrupted,
    /// This one could not be run.
    Failed(Error),
    /// The machine can run none.
    Machine(Error),
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::Failed(error) | Self::Machine(error) => f.write_str(&error.chain()),
        }
    }
}

/// What came of a task.
#[derive(Debug)]
pub struct Ran {
    /// The record.
    pub record: Record,
    /// The canonical form of every phase, as a snapshot has it; empty where it could not be run.
    pub canonical: String,
    /// The versions of the tools that worded some of it.
    pub tools: BTreeMap<String, String>,
    /// The snapshot that was recorded.
    pub blessed: Option<PathBuf>,
    /// Why it could not be run, where that is worth an error.
    pub hindrance: Option<Hindrance>,
}

/// Runs every phase with `run_phase` and judges; nothing when it was interrupted. A scenario that states a wait of two real
/// seconds or more has its phases run at once, each on a thread of its own.
pub fn run(
    task: &Task,
    run_phase: impl Fn(&World, Phase) -> Result<Observation, Hindrance> + Sync,
) -> Option<Ran> {
    let began = Instant::now();
    if !task.case.scenario.is_about(go_version(&task.toolchain)) {
        let card = task.case.card.clone();
        return Some(without_worlds(
            Record::other_go(card, task.toolchain.version.tag()),
            None,
        ));
    }
    if let Some(program) = &task.lacking {
        // Other programs are extras of single scenarios; a run without git is one that the machine could not do.
        let hindrance = (program == "git").then_some(Hindrance::Failed(Error::NoGit));
        let reason = format!("it needs `{program}`");
        return Some(could_not_run(task, reason, hindrance));
    }
    let scenario = &*task.case.scenario;
    let go = go_version(&task.toolchain);
    let worlds = probes::wanted(pace::worlds(scenario, go), task.probes);
    let observations = match pace::observe(&worlds, task.clock, run_phase) {
        Ok(observations) => observations,
        Err(Hindrance::Interrupted) => return None,
        Err(hindrance) => {
            let reason = hindrance.to_string();
            return Some(could_not_run(task, reason, Some(hindrance)));
        }
    };
    let input = JudgeInput {
        kind: scenario.kind,
        layer: scenario.layer,
        phases: worlds
            .iter()
            .zip(&observations)
            .map(|((phase, world), observation)| PhaseInput {
                phase: *phase,
                title: scenario
                    .remedy(*phase)
                    .map(|remedy| remedy.title.clone())
                    .unwrap_or_default(),
                expect: stated(world),
                faults: world.faults.clone(),
                observation,
            })
            .collect(),
    };
    let mut judgement = judge(&input, &task.wording);
    let forms: Vec<_> = observations
        .iter()
        .map(|observation| canonicalise(observation, &task.wording))
        .collect();
    let seen = probes::inputs(&worlds, &observations);
    for reason in judge_probes(&seen, &task.wording) {
        judgement = judgement.with(reason);
    }
    let (tried, wrong) = claims::tried(scenario, &input.phases, &task.toolchain);
    for reason in wrong {
        judgement = judgement.with(reason);
    }
    let canonical = snapshot_text(&forms) + &probes::text(scenario, &seen, &task.wording);
    let tools = tools(&observations);
    let mut drift = None;
    let mut blessed = None;
    match held_against(task, &canonical, &tools, &judgement.verdict) {
        Ok(Held::Alike) => {}
        Ok(Held::Different(diff)) => judgement = judgement.with(Reason::Snapshot { diff }),
        Ok(Held::Missing) => judgement = judgement.with(Reason::NoSnapshot),
        Ok(Held::Drifted(diff)) => drift = Some(diff),
        Ok(Held::Blessed(path)) => blessed = path,
        Err(error) => {
            let reason = error.chain();
            return Some(could_not_run(task, reason, Some(Hindrance::Failed(error))));
        }
    }
    let mut record = Record::new(task.case.card.clone(), &input, &judgement, began.elapsed());
    record.drift = drift;
    record.claims = tried;
    Some(Ran {
        record,
        canonical,
        tools,
        blessed,
        hindrance: None,
    })
}

fn could_not_run(task: &Task, reason: String, hindrance: Option<Hindrance>) -> Ran {
    let mut record = Record::could_not_run(task.case.card.clone(), reason);
    record.go = Some(task.toolchain.version.tag());
    without_worlds(record, hindrance)
}

fn without_worlds(record: Record, hindrance: Option<Hindrance>) -> Ran {
    Ran {
        record,
        canonical: String::new(),
        tools: BTreeMap::new(),
        blessed: None,
        hindrance,
    }
}

/// The toolchain's version as scenarios compare it.
pub fn go_version(toolchain: &Toolchain) -> GoVersion {
    toolchain
        .version
        .to_string()
        .parse()
        .expect("a toolchain's version has a major and a minor number")
}

/// What is stated of each step.
fn stated(world: &World) -> Vec<Expect> {
    world
        .steps
        .iter()
        .map(|step| match step {
            Step::Run { expect, .. } | Step::Together { expect, .. } => expect.clone(),
            _ => Expect::default(),
        })
        .collect()
}

fn tools(observations: &[Observation]) -> BTreeMap<String, String> {
    observations
        .iter()
        .flat_map(|observation| observation.tools.clone())
        .collect()
}

#[cfg(test)]
mod tests;
