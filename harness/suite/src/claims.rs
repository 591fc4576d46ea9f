//! The claims of a scenario held against its trial.

use crate::engine::go_version;
use modfault_outcome::{ClaimsInput, PhaseInput, Reason, TriedClaim, try_claims};
use modfault_scenario::{Claim, ClaimId, Expect, GoVersion, Phase, Scenario};
use modfault_toolchain::Toolchain;

/// What the trial says of each claim, and where a verdict is not what it says. Nothing where the scenario has no claims.
pub(crate) fn tried(
    scenario: &Scenario,
    phases: &[PhaseInput<'_>],
    toolchain: &Toolchain,
) -> (Vec<TriedClaim>, Vec<Reason>) {
    let Some(trial) = phases.iter().find(|phase| phase.phase == Phase::Trial) else {
        return (Vec::new(), Vec::new());
    };
    let go = go_version(toolchain);
    let claims: Vec<&Claim> = scenario.claims.values().collect();
    try_claims(&ClaimsInput {
        claims: &claims,
        foretold: &foretold(scenario, go),
        faults: &trial.faults,
        layer: scenario.layer,
        go,
        observation: trial.observation,
    })
}

/// What claims foretell on one version of Go, by the index of the step.
fn foretold(scenario: &Scenario, go: GoVersion) -> Vec<(usize, ClaimId, Expect)> {
    let steps = scenario.steps.iter().enumerate();
    steps
        .flat_map(|(index, step)| {
            let of_step = step.predictions.iter();
            of_step.map(move |prediction| (index, prediction.claim, prediction.foretold.at(go)))
        })
        .collect()
}
