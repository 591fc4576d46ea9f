//! What a report says of a claim.

use serde::{Deserialize, Serialize};

use modfault_scenario::{Bilingual, Claim, ClaimId, ClaimVerdict, Scenario};

/// A claim in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimCard {
    /// Its name: `C17`.
    pub id: ClaimId,
    /// What is stated.
    pub says: Bilingual,
    /// Where: `S1-3.2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What the experiments make of it.
    pub verdict: ClaimVerdict,
    /// What they make of it on some versions of Go alone, by range.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<(String, ClaimVerdict)>,
    /// What is true, or why it could not be settled.
    pub truth: Bilingual,
    /// The scenarios of the catalogue that rely on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relied_on_by: Vec<String>,
    /// The scenario that tries it.
    pub scenario: String,
}

impl ClaimCard {
    /// The card of a claim of `scenario`.
    pub fn new(claim: &Claim, scenario: &Scenario) -> Self {
        let versions = claim.versions.iter();
        Self {
            id: claim.id,
            says: claim.says.clone(),
            sources: claim.sources.clone(),
            verdict: claim.verdict,
            versions: versions
                .map(|(range, verdict)| (range.to_string(), *verdict))
                .collect(),
            truth: claim.truth.clone(),
            relied_on_by: claim.relied_on_by.clone(),
            scenario: scenario.id.to_string(),
        }
    }
}
