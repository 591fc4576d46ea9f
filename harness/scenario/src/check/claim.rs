//! Claims: whether each has an experiment, and each experiment a claim.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::sources::is_source;
use crate::claim::{Claim, ClaimId, ClaimVerdict, Prediction};
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{ExpectFile, Located, ScenarioFile};
use crate::kind::Kind;
use crate::scenario::Scenario;

impl Check<'_> {
    pub(super) fn claims(&mut self, file: &ScenarioFile) -> BTreeMap<ClaimId, Claim> {
        let mut claims = BTreeMap::new();
        for (name, claim) in &file.claims {
            let Some(id) = self.claim_id(name) else {
                continue;
            };
            for source in claim.sources.iter().filter(|s| !is_source(&s.value)) {
                self.bad_source(source);
            }
            let versions = claim
                .versions
                .iter()
                .filter_map(|(range, verdict)| Some((self.version_range(range)?, *verdict)));
            let versions = versions.collect();
            claims.insert(
                id,
                Claim {
                    id,
                    says: claim.says.clone(),
                    sources: claim.sources.iter().map(|s| s.value.clone()).collect(),
                    verdict: claim.verdict,
                    versions,
                    truth: claim.truth.clone(),
                    relied_on_by: claim
                        .relied_on_by
                        .iter()
                        .map(|id| id.value.clone())
                        .collect(),
                },
            );
        }
        claims
    }

    pub(super) fn predictions(
        &mut self,
        files: &BTreeMap<Located<String>, ExpectFile>,
    ) -> Vec<Prediction> {
        let mut predictions = Vec::new();
        for (name, foretold) in files {
            let foretold = self.expectation(foretold);
            if foretold.is_empty() {
                self.report(
                    Diagnostic::new(
                        Code::EmptyExpect,
                        format!("`{}` foretells nothing of this step", name.value),
                    )
                    .at(name.span.clone(), "what would then be seen?")
                    .help("say what it would bring about: `predicts.C17.stderr = [\"…\"]`"),
                );
            }
            predictions.extend(
                self.claim_id(name)
                    .map(|claim| Prediction { claim, foretold }),
            );
        }
        predictions
    }

    /// Whether claims and experiments go together; only a scenario of the kind `claims` has any.
    pub(super) fn experiments(&mut self, file: &ScenarioFile, scenario: &Scenario) {
        if scenario.kind != Kind::Claims {
            let steps = file.client.steps.iter().flat_map(|steps| &steps.value);
            let predicting = steps.flat_map(|step| step.value.predicts.keys());
            if let Some(stray) = file.claims.keys().chain(predicting).next() {
                self.report(
                    Diagnostic::new(
                        Code::KindMismatch,
                        format!("a claim in a scenario of the kind `{}`", scenario.kind),
                    )
                    .at(stray.span.clone(), "a claim")
                    .help("say `kind = \"claims\"`, or leave it out"),
                );
            }
            return;
        }
        self.experiments_alone(file);
        let mut tried = BTreeSet::new();
        for step in file.client.steps.iter().flat_map(|steps| &steps.value) {
            for name in step.value.predicts.keys() {
                let Ok(id) = name.value.parse::<ClaimId>() else {
                    continue;
                };
                tried.insert(id);
                if !scenario.claims.contains_key(&id) {
                    let known: Vec<String> =
                        scenario.claims.keys().map(ToString::to_string).collect();
                    let diagnostic = Diagnostic::new(
                        Code::UnknownClaim,
                        format!("the file has no claim `{id}`"),
                    )
                    .at(name.span.clone(), "what does it state?")
                    .nearest(&name.value, known.iter().map(String::as_str));
                    self.report(diagnostic);
                }
            }
        }
        for (name, claim) in &file.claims {
            let Ok(id) = name.value.parse::<ClaimId>() else {
                continue;
            };
            match (claim.verdict, tried.contains(&id)) {
                (ClaimVerdict::Untried, true) => self.report(
                    Diagnostic::new(
                        Code::ClaimWithoutEvidence,
                        format!("`{id}` is untried, and a step tries it"),
                    )
                    .at(name.span.clone(), "which of the two?")
                    .help("give it a verdict, or take the step's `predicts` away"),
                ),
                (ClaimVerdict::Untried, false) | (_, true) => {}
                (verdict, false) => self.report(
                    Diagnostic::new(
                        Code::ClaimWithoutEvidence,
                        format!("`{id}` is {verdict}, and no step tries it"),
                    )
                    .at(name.span.clone(), "a verdict without having seen it")
                    .help(format!(
                        "say of a step what would be seen if it were true: `predicts.{id}.stderr = [\"…\"]`; or `verdict = \"untried\"`"
                    )),
                ),
            }
        }
    }

    /// Reports what a scenario of claims has no use for, and the claims that it lacks.
    fn experiments_alone(&mut self, file: &ScenarioFile) {
        let other_phases = [
            file.fix.first().map(|fix| (&fix.span, "a fix")),
            file.nonfix.first().map(|nonfix| (&nonfix.span, "a nonfix")),
            file.probe.first().map(|probe| (&probe.span, "a probe")),
        ];
        for (span, what) in other_phases.into_iter().flatten() {
            self.report(
                Diagnostic::new(
                    Code::KindMismatch,
                    format!("a scenario of the kind `claims` has {what}"),
                )
                .at(
                    span.clone(),
                    "it has one phase, in which everything is tried",
                )
                .help("make it a step, with what is expected of it"),
            );
        }
        if file.claims.is_empty() {
            self.report(
                Diagnostic::new(
                    Code::ClaimWithoutEvidence,
                    "a scenario of the kind `claims` has none",
                )
                .at(self.head.clone(), "what is put to the test here?")
                .help("add `[claims.C17]` with `says`, `sources`, `verdict` and `truth`"),
            );
        }
    }

    fn claim_id(&mut self, name: &Located<String>) -> Option<ClaimId> {
        match name.value.parse() {
            Ok(id) => Some(id),
            Err(error) => {
                let error: crate::claim::InvalidClaimId = error;
                self.report(
                    Diagnostic::new(Code::UnknownClaim, error.to_string())
                        .at(name.span.clone(), "this cannot be read"),
                );
                None
            }
        }
    }
}
