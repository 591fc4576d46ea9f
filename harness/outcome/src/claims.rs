//! What claims foretell, held against what was seen.
//!
//! | verdict | what it foretells |
//! |---|---|
//! | confirmed | all of it came |
//! | refuted | none of it came |
//! | partly | some of it came, some did not |
//! | depends | the same; or, where a verdict is stated by version of Go, what that one says on this version |
//!
//! So a claim is never refuted by an experiment in which it could not have shown itself: what would have shown it is stated, looked for,
//! and must be absent.

use serde::{Deserialize, Serialize};

use crate::judge::unmet;
use crate::observation::{Exit, Observation};
use crate::reason::Reason;
use modfault_kit::PlacedFault;
use modfault_scenario::{Claim, ClaimId, ClaimVerdict, Expect, GoVersion, Layer};

/// A claim, what it foretells, and what was seen.
#[derive(Clone, Copy, Debug)]
pub struct ClaimsInput<'a> {
    /// The claims of the scenario.
    pub claims: &'a [&'a Claim],
    /// What they foretell, by the index of the step.
    pub foretold: &'a [(usize, ClaimId, Expect)],
    /// The faults in the world.
    pub faults: &'a [PlacedFault],
    /// The scenario's own layer.
    pub layer: Layer,
    /// The version of Go.
    pub go: GoVersion,
    /// What was seen.
    pub observation: &'a Observation,
}

/// A claim after its experiments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriedClaim {
    /// Which.
    pub id: ClaimId,
    /// What the experiments make of it on this version of Go.
    pub verdict: ClaimVerdict,
    /// What it foretells, and what came.
    pub predictions: Vec<TriedPrediction>,
}

/// What a claim foretells of a step, and whether it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriedPrediction {
    /// The index of the step.
    pub step: usize,
    /// What would be seen if the claim were true.
    pub foretold: Expect,
    /// What of it was not seen, each with what was seen instead; nothing where it came.
    pub missing: Vec<(String, String)>,
}

impl TriedPrediction {
    /// Whether it came.
    pub fn came(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Holds every claim against what was seen, and says where its verdict is not what its experiments say.
pub fn try_claims(input: &ClaimsInput<'_>) -> (Vec<TriedClaim>, Vec<Reason>) {
    let tried: Vec<TriedClaim> = input
        .claims
        .iter()
        .map(|claim| tried(claim, input))
        .collect();
    let reasons = tried.iter().filter_map(wrong_verdict).collect();
    (tried, reasons)
}

fn tried(claim: &Claim, input: &ClaimsInput<'_>) -> TriedClaim {
    let own = input.foretold.iter().filter(|(_, id, _)| *id == claim.id);
    let predictions = own.filter_map(|(index, _, foretold)| {
        let step = input.observation.steps.get(*index)?;
        let mut missing = unmet(step, foretold, input.faults, input.layer);
        // one that never ends has shown nothing of what was to be seen at its end
        if step.exit == Some(Exit::Overran) && !foretold.is_hang() {
            missing.push(("it to end".to_owned(), "it hangs".to_owned()));
        }
        Some(TriedPrediction {
            step: *index,
            foretold: foretold.clone(),
            missing,
        })
    });
    TriedClaim {
        id: claim.id,
        verdict: claim.verdict_on(input.go),
        predictions: predictions.collect(),
    }
}

fn wrong_verdict(claim: &TriedClaim) -> Option<Reason> {
    let came = claim.predictions.iter().filter(|p| p.came()).count();
    let all = claim.predictions.len();
    let holds = match claim.verdict {
        ClaimVerdict::Untried => return None,
        ClaimVerdict::Confirmed => all > 0 && came == all,
        ClaimVerdict::Refuted => all > 0 && came == 0,
        ClaimVerdict::Partly | ClaimVerdict::Depends => came > 0 && came < all,
    };
    // of a confirmed claim what did not come is of interest, of a refuted one what did
    let surprising = claim
        .predictions
        .iter()
        .find(|prediction| match claim.verdict {
            ClaimVerdict::Refuted => prediction.came(),
            _ => !prediction.came(),
        });
    (!holds).then(|| Reason::WrongVerdict {
        claim: claim.id,
        verdict: claim.verdict,
        came,
        all,
        example: surprising.and_then(|prediction| prediction.missing.first().cloned()),
    })
}
