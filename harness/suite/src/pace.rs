//! Which phases run at once: those of a scenario that mostly waits, on the real clock. On a clock of its own nobody waits.

use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use crate::clock::Available;
use crate::engine::Hindrance;
use crate::error::Error;
use modfault_outcome::Observation;
use modfault_scenario::{GoVersion, Phase, Scenario};
use modfault_world::{Step, World, plan};

/// A scenario that states at least this wait of real time is one that waits.
const WAITS_FROM: Duration = Duration::from_secs(2);

/// How the phases of a scenario follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One after the other: the processor is what they need.
    InTurn,
    /// All at once: each needs little but time.
    AtOnce,
}

/// Every phase of a scenario with its world, as a version of Go meets it.
pub fn worlds(scenario: &Scenario, go: GoVersion) -> Vec<(Phase, World)> {
    scenario
        .phases()
        .into_iter()
        .map(|phase| (phase, plan(scenario, phase, go)))
        .collect()
}

/// The longest real time that a scenario states for a command, where worlds have the clock that is `available`: at least so long,
/// or until it is killed where it hangs. Nothing where it states none.
pub fn wait(scenario: &Scenario, go: GoVersion, available: Available) -> Duration {
    longest(&worlds(scenario, go), available)
}

fn longest(worlds: &[(Phase, World)], available: Available) -> Duration {
    worlds
        .iter()
        .filter(|(_, world)| available.of(&world.clock) == Available::Real)
        .flat_map(|(_, world)| world.steps.iter().map(|step| stated(step, world)))
        .max()
        .unwrap_or_default()
}

/// The time that is stated for a step of `world`.
fn stated(step: &Step, world: &World) -> Duration {
    match step {
        Step::Run { expect, .. } | Step::Together { expect, .. } if expect.is_hang() => {
            world.timeout
        }
        Step::Run { expect, .. } | Step::Together { expect, .. } => {
            expect.at_least.unwrap_or_default()
        }
        Step::Write { .. }
        | Step::Corrupt { .. }
        | Step::Truncate { .. }
        | Step::Remove { .. }
        | Step::Chmod { .. }
        | Step::Retag { .. }
        | Step::FlushStubResolver => Duration::ZERO,
    }
}

impl Pace {
    /// The pace of a scenario that states such a wait.
    pub fn of(wait: Duration) -> Self {
        if wait >= WAITS_FROM {
            Self::AtOnce
        } else {
            Self::InTurn
        }
    }
}

/// Runs every phase, at the pace that suits what the scenario states, and gives what was seen in the order of the phases.
///
/// # Errors
/// Why the first phase that came to no observation did not; in turn, later ones are not run then.
pub(crate) fn observe(
    worlds: &[(Phase, World)],
    available: Available,
    run_phase: impl Fn(&World, Phase) -> Result<Observation, Hindrance> + Sync,
) -> Result<Vec<Observation>, Hindrance> {
    match Pace::of(longest(worlds, available)) {
        Pace::InTurn => worlds
            .iter()
            .map(|(phase, world)| run_phase(world, *phase))
            .collect(),
        Pace::AtOnce => thread::scope(|scope| {
            let run_phase = &run_phase;
            let running: Vec<_> = worlds
                .iter()
                .map(|(phase, world)| {
                    thread::Builder::new()
                        .name(format!("phase {phase}"))
                        .spawn_scoped(scope, move || run_phase(world, *phase))
                        .map_err(|source| Hindrance::Failed(Error::Thread(source)))
                })
                .collect();
            running
                .into_iter()
                .map(|thread| thread?.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        }),
    }
}
