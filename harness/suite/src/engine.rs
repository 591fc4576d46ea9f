//! One scenario from its plan to its record: every phase in a fresh world, judged, and held against its snapshot.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::failure::{FailedTo, Failure};
use crate::select::Case;
use modfault_outcome::snapshot::variant;
use modfault_outcome::{
    Diff, JudgeInput, Observation, PhaseInput, Reason, SnapFile, Verdict, Wording, canonicalise,
    compare, judge, snapshot_text,
};
use modfault_report::Record;
use modfault_scenario::{Expect, GoVersion, Phase, Scenario};
use modfault_toolchain::{Toolchain, newest_pinned, suite};
use modfault_world::{Step, World, plan};

/// A scenario on a toolchain.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// The scenario.
    pub(crate) case: Case,
    /// What words in the texts of tools mean nothing.
    pub(crate) wording: Arc<Wording>,
    /// The toolchain.
    pub(crate) toolchain: Toolchain,
    /// Whether its snapshot is recorded or compared.
    pub(crate) snapshots: Snapshots,
    /// A program that it needs and the machine does not have.
    pub(crate) lacking: Option<String>,
}

/// What is done about a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Snapshots {
    /// It must be like the recorded one.
    Compare,
    /// It is recorded.
    Bless,
    /// Nothing: the scenario is only told.
    Ignore,
}

/// Why a phase came to no observation.
#[derive(Debug)]
pub(crate) enum Hindrance {
    /// Somebody ended it.
    Interrupted,
    /// This one could not be run.
    Failed(Failure),
    /// The machine can run none.
    Machine(Failure),
}

/// What came of a task.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The record.
    pub(crate) record: Record,
    /// The canonical form of every phase, as a snapshot has it; empty where it could not be run.
    pub(crate) canonical: String,
    /// The versions of the tools that worded some of it.
    pub(crate) tools: BTreeMap<String, String>,
    /// The snapshot that was recorded.
    pub(crate) blessed: Option<PathBuf>,
    /// Why it could not be run, where that is worth an error.
    pub(crate) hindrance: Option<Hindrance>,
}

/// Runs every phase with `run_phase` and judges; nothing when it was interrupted.
pub(crate) fn run(
    task: &Task,
    run_phase: impl Fn(&World, Phase) -> Result<Observation, Hindrance>,
) -> Option<Ran> {
    let began = Instant::now();
    if let Some(program) = &task.lacking {
        return Some(could_not_run(task, format!("it needs `{program}`"), None));
    }
    let scenario = &*task.case.scenario;
    let go = go_version(&task.toolchain);
    let worlds: Vec<(Phase, World)> = scenario
        .phases()
        .into_iter()
        .map(|phase| (phase, plan(scenario, phase, go)))
        .collect();
    let mut observations = Vec::with_capacity(worlds.len());
    for (phase, world) in &worlds {
        match run_phase(world, *phase) {
            Ok(observation) => observations.push(observation),
            Err(Hindrance::Interrupted) => return None,
            Err(hindrance) => {
                let reason = match &hindrance {
                    Hindrance::Failed(failure) | Hindrance::Machine(failure) => failure.chain(),
                    Hindrance::Interrupted => return None,
                };
                return Some(could_not_run(task, reason, Some(hindrance)));
            }
        }
    }
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
    let canonical = snapshot_text(&forms);
    let tools = tools(&observations);
    let mut drift = None;
    let mut blessed = None;
    match held_against(task, &canonical, &tools, &judgement.verdict) {
        Ok(Held::Alike) => {}
        Ok(Held::Different(diff)) => judgement = judgement.with(Reason::Snapshot { diff }),
        Ok(Held::Missing) => judgement = judgement.with(Reason::NoSnapshot),
        Ok(Held::Drifted(diff)) => drift = Some(diff),
        Ok(Held::Blessed(path)) => blessed = path,
        Err(failure) => {
            let reason = failure.chain();
            return Some(could_not_run(
                task,
                reason,
                Some(Hindrance::Failed(failure)),
            ));
        }
    }
    let mut record = Record::new(task.case.card.clone(), &input, &judgement, began.elapsed());
    record.drift = drift;
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
    Ran {
        record,
        canonical: String::new(),
        tools: BTreeMap::new(),
        blessed: None,
        hindrance,
    }
}

/// The toolchain's version as scenarios compare it.
pub(crate) fn go_version(toolchain: &Toolchain) -> GoVersion {
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
            Step::Run { expect, .. } => expect.clone(),
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

/// How a canonical form and the recorded snapshots go together.
#[derive(Debug)]
enum Held {
    Alike,
    Different(Diff),
    Missing,
    Drifted(Diff),
    Blessed(Option<PathBuf>),
}

fn held_against(
    task: &Task,
    canonical: &str,
    tools: &BTreeMap<String, String>,
    verdict: &Verdict,
) -> Result<Held, Failure> {
    match task.snapshots {
        Snapshots::Ignore => Ok(Held::Alike),
        // what is not as expected is no state to go back to
        Snapshots::Bless if *verdict != Verdict::AsExpected => Ok(Held::Alike),
        Snapshots::Bless => bless(task, canonical, tools).map(Held::Blessed),
        Snapshots::Compare => compared(task, canonical, tools),
    }
}

/// The suite's own versions must show what was recorded; another one may differ from the nearest version that was.
fn compared(
    task: &Task,
    canonical: &str,
    tools: &BTreeMap<String, String>,
) -> Result<Held, Failure> {
    let recorded = Recorded::of(task)?;
    let minor = minor(&task.toolchain);
    let Some(nearest) = recorded.nearest(minor) else {
        return Ok(Held::Missing);
    };
    let Err(diff) = compare(nearest, canonical, tools) else {
        return Ok(Held::Alike);
    };
    if suite().contains(&task.toolchain.version) {
        return Ok(Held::Different(diff));
    }
    let like_another = recorded
        .texts
        .values()
        .any(|text| compare(text, canonical, tools).is_ok());
    Ok(if like_another {
        Held::Alike
    } else {
        Held::Drifted(diff)
    })
}

/// Records the base snapshot on the newest pinned version, or where there is none; on another version one of its own where it
/// differs. Says which file changed, if one did.
fn bless(
    task: &Task,
    canonical: &str,
    tools: &BTreeMap<String, String>,
) -> Result<Option<PathBuf>, Failure> {
    let id = task.case.id();
    let home = &task.case.home;
    let text = SnapFile::new(id, canonical).to_string();
    let recorded = Recorded::of(task)?;
    let base = recorded.base();
    let is_base = task.toolchain.version.same_minor(newest_pinned());
    let alike = base.is_some_and(|base| compare(base, canonical, tools).is_ok());
    if is_base || base.is_none() {
        return if alike {
            Ok(None)
        } else {
            home.bless(id, &text).map(Some)
        };
    }
    let name = variant_name(id, &task.toolchain);
    if alike {
        return home.forget(&name);
    }
    let own = recorded.texts.get(&minor(&task.toolchain));
    if own.is_some_and(|own| compare(own, canonical, tools).is_ok()) {
        return Ok(None);
    }
    home.bless(&name, &text).map(Some)
}

fn variant_name(id: &str, toolchain: &Toolchain) -> String {
    match variant(&toolchain.version.tag()) {
        Some(minor) => format!("{id}@{minor}"),
        None => id.to_owned(),
    }
}

/// The recorded snapshots of a scenario, by the minor version of Go; the base one under that of the newest pinned.
struct Recorded {
    texts: BTreeMap<u32, String>,
}

impl Recorded {
    fn of(task: &Task) -> Result<Self, Failure> {
        let id = task.case.id();
        let newest = newest_minor();
        let mut texts = BTreeMap::new();
        for minor in 1..=newest + 2 {
            if let Some(text) = task.case.home.snapshot(&format!("{id}@1.{minor}"))? {
                texts.insert(minor, contents(&text)?);
            }
        }
        if let Some(text) = task.case.home.snapshot(id)? {
            texts.insert(newest, contents(&text)?);
        }
        Ok(Self { texts })
    }

    fn base(&self) -> Option<&str> {
        self.texts.get(&newest_minor()).map(String::as_str)
    }

    fn nearest(&self, minor: u32) -> Option<&str> {
        self.texts
            .iter()
            .min_by_key(|(known, _)| (known.abs_diff(minor), std::cmp::Reverse(**known)))
            .map(|(_, text)| text.as_str())
    }
}

fn contents(text: &str) -> Result<String, Failure> {
    SnapFile::parse(text)
        .map(|file| file.contents)
        .map_err(FailedTo)
        .map_err(Failure::usage)
}

fn newest_minor() -> u32 {
    newest_pinned().minor()
}

fn minor(toolchain: &Toolchain) -> u32 {
    toolchain.version.minor()
}

/// The first program that a scenario needs and the machine does not have.
pub(crate) fn needs(scenario: &Scenario, has: impl Fn(&str) -> bool) -> Option<String> {
    scenario.needs.iter().find(|need| !has(need)).cloned()
}

#[cfg(test)]
#[path = "engine/tests.rs"]
mod tests;
