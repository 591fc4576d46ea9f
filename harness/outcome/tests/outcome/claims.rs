//! Verdicts on claims against what their experiments say.

use crate::example::{answered, host, phase, step};
use modfault_kit::RequestKind;
use modfault_outcome::{ClaimsInput, Exit, Observation, Reason, TriedClaim, try_claims};
use modfault_scenario::{Bilingual, Claim, ClaimId, ClaimVerdict, Expect, GoVersion, Layer, Phase};

const PROXY: &str = "goproxy.corp.example";

fn claim(verdict: ClaimVerdict) -> Claim {
    let text = Bilingual {
        en: "a".to_owned(),
        zh: "b".to_owned(),
    };
    Claim {
        id: id(),
        says: text.clone(),
        sources: vec![],
        verdict,
        versions: vec![("<1.21".parse().unwrap(), ClaimVerdict::Refuted)],
        truth: text,
        relied_on_by: vec![],
    }
}

fn id() -> ClaimId {
    "C17".parse().unwrap()
}

/// Two commands: one that asks the proxy, one that asks nobody.
fn seen() -> Observation {
    let asked = answered(
        PROXY,
        RequestKind::Info,
        "/example.com/greet/@v/v1.0.0.info",
        200,
    );
    phase(
        Phase::Trial,
        &[],
        vec![step(0, "", vec![asked]), step(1, "it broke\n", vec![])],
    )
}

/// The verdict held against whether the proxy is asked by each of these steps, on this version.
fn tried_on(
    go: GoVersion,
    verdict: ClaimVerdict,
    steps: &[usize],
) -> (Vec<TriedClaim>, Vec<Reason>) {
    let foretold = Expect {
        asked: vec![host(PROXY)],
        ..Expect::default()
    };
    let foretold: Vec<_> = steps
        .iter()
        .map(|step| (*step, id(), foretold.clone()))
        .collect();
    try_claims(&ClaimsInput {
        claims: &[&claim(verdict)],
        foretold: &foretold,
        faults: &[],
        layer: Layer::Env,
        go,
        observation: &seen(),
    })
}

fn holds(verdict: ClaimVerdict, steps: &[usize]) -> bool {
    tried_on(GoVersion::new(1, 27, 0), verdict, steps)
        .1
        .is_empty()
}

#[test]
fn a_verdict_is_what_the_predictions_say() {
    use ClaimVerdict::{Confirmed, Depends, Partly, Refuted, Untried};
    for (verdict, all, some, none) in [
        (Confirmed, true, false, false),
        (Refuted, false, false, true),
        (Partly, false, true, false),
        (Depends, false, true, false),
        (Untried, true, true, true),
    ] {
        assert_eq!(holds(verdict, &[0]), all, "{verdict}");
        assert_eq!(holds(verdict, &[0, 1]), some, "{verdict}");
        assert_eq!(holds(verdict, &[1]), none, "{verdict}");
    }
}

#[test]
fn a_verdict_without_a_prediction_holds_for_none_but_untried() {
    for verdict in ClaimVerdict::ALL {
        assert_eq!(
            holds(verdict, &[]),
            verdict == ClaimVerdict::Untried,
            "{verdict}"
        );
    }
}

#[test]
fn a_verdict_may_be_another_on_some_versions() {
    let old = GoVersion::new(1, 19, 13);
    assert!(tried_on(old, ClaimVerdict::Confirmed, &[1]).1.is_empty());
    assert!(!tried_on(old, ClaimVerdict::Confirmed, &[0]).1.is_empty());
}

#[test]
fn a_wrong_verdict_says_what_did_not_come() {
    let (tried, reasons) = tried_on(GoVersion::new(1, 27, 0), ClaimVerdict::Confirmed, &[0, 1]);
    let came: Vec<bool> = tried[0].predictions.iter().map(|p| p.came()).collect();
    assert_eq!(came, [true, false]);
    assert_eq!(
        reasons[0].to_string(),
        "C17 is not confirmed: 1 of 2 things that it foretells came; it foretells goproxy.corp.example to be asked, and it was not"
    );
}

#[test]
fn a_command_that_never_ends_has_shown_nothing_of_its_end() {
    let mut observation = seen();
    observation.steps[1].exit = Some(Exit::Overran);
    let silent = Expect {
        absent: vec!["timeout".to_owned()],
        ..Expect::default()
    };
    let (_, reasons) = try_claims(&ClaimsInput {
        claims: &[&claim(ClaimVerdict::Confirmed)],
        foretold: &[(1, id(), silent)],
        faults: &[],
        layer: Layer::Env,
        go: GoVersion::new(1, 27, 0),
        observation: &observation,
    });
    assert_eq!(reasons.len(), 1);
}
