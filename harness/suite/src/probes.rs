//! What the probes of a scenario say, put together from the phases in which they ran.

use crate::engine::Probes;
use modfault_outcome::{Observation, ProbeInput, ProbeObservation, Wording, probes_text};
use modfault_scenario::{Phase, Scenario};
use modfault_world::World;

/// The worlds without their probes, where none are wanted.
pub(crate) fn wanted(worlds: Vec<(Phase, World)>, probes: Probes) -> Vec<(Phase, World)> {
    let wanted = |(phase, mut world): (Phase, World)| {
        if probes == Probes::LeaveOut {
            world.probes.clear();
        }
        (phase, world)
    };
    worlds.into_iter().map(wanted).collect()
}

/// Each probe that was seen with the fault, and what it showed without.
pub(crate) fn inputs<'a>(
    worlds: &'a [(Phase, World)],
    observations: &'a [Observation],
) -> Vec<ProbeInput<'a>> {
    let seen_in = |phase: Phase| {
        let found = observations
            .iter()
            .find(|observation| observation.phase == phase);
        found.map_or(&[][..], |observation| &observation.probes)
    };
    let of = |probes: &'a [ProbeObservation], run: &str| probes.iter().find(|seen| seen.run == run);
    let planned = worlds
        .iter()
        .filter(|(phase, _)| *phase == Phase::Fault)
        .flat_map(|(_, world)| &world.probes);
    planned
        .filter_map(|probe| {
            Some(ProbeInput {
                insight: probe.insight,
                expect: &probe.expect,
                fault: of(seen_in(Phase::Fault), &probe.run)?,
                control: of(seen_in(Phase::Control), &probe.run),
            })
        })
        .collect()
}

/// The part of a snapshot about the probes of `scenario`, in its order, with those that were not run.
pub(crate) fn text(scenario: &Scenario, seen: &[ProbeInput<'_>], wording: &Wording) -> String {
    let found = |run: &str| seen.iter().find(|input| input.fault.run == run);
    let all = scenario.probes.iter();
    probes_text(
        all.map(|probe| (probe.run.as_str(), found(&probe.run))),
        wording,
    )
}
