//! Claims as a table, with their evidence, and as an article.

use std::time::Duration;

use anstream::adapter::strip_str;

use crate::example::card;
use modfault_kit::{Event, EventKind, HostName};
use modfault_outcome::{
    Cost, Exit, JudgeInput, Observation, ObservedClock, PhaseInput, StepObservation, TriedClaim,
    TriedPrediction, Wording, judge,
};
use modfault_report::{
    Card, ClaimCard, Detail, Language, Record, claim_evidence, claims_article, claims_json,
    claims_table, show,
};
use modfault_scenario::{Bilingual, ClaimVerdict, Expect, Kind, Layer, Phase};

fn claim(id: &str, verdict: ClaimVerdict) -> ClaimCard {
    ClaimCard {
        id: id.parse().unwrap(),
        says: Bilingual {
            en: "`Direct` with a capital letter is a word of its own, and every proxy of a long list is asked before it.".to_owned(),
            zh: "首字母大写的 `Direct` 是一个独立的关键字，长列表中的每个代理都会在它之前被逐一询问，没有例外。".to_owned(),
        },
        sources: vec!["S1-2.1".to_owned()],
        verdict,
        versions: vec![("<1.21".to_owned(), ClaimVerdict::Confirmed)],
        truth: Bilingual {
            en: "Only the lower-case word means anything; *others* are taken for URLs.".to_owned(),
            zh: "只有小写的关键字有意义，其他写法被当作 URL。".to_owned(),
        },
        relied_on_by: vec!["env/goproxy-malformed".to_owned()],
        scenario: "claims/goproxy-words".to_owned(),
    }
}

fn claims_card() -> Card {
    Card {
        id: "claims/goproxy-words".to_owned(),
        description: "What words GOPROXY knows: one after the other.".to_owned(),
        kind: Kind::Claims,
        layer: Layer::Env,
        told: None,
        faults: vec![],
        steps: vec!["GOPROXY=Direct go mod download".to_owned()],
        fixes: vec![],
        nonfixes: vec![],
        claims: vec![
            claim("C28", ClaimVerdict::Untried),
            claim("C27", ClaimVerdict::Refuted),
        ],
        ..card()
    }
}

fn record() -> Record {
    let observation = Observation {
        phase: Phase::Trial,
        go: "go1.27.3".to_owned(),
        tools: Default::default(),
        placed: vec![],
        steps: vec![StepObservation {
            title: "go mod download".to_owned(),
            exit: Some(Exit::Code(1)),
            stdout: String::new(),
            stderr: "it has no scheme\n".to_owned(),
            took: Duration::from_millis(20),
            events: vec![Event::new(
                &HostName::parse("goproxy.corp.example").unwrap(),
                EventKind::Accepted { port: 443 },
            )],
            files: Default::default(),
            hang: None,
            together: vec![],
        }],
        probes: vec![],
        bindings: Default::default(),
        components: Default::default(),
        clock: ObservedClock::default(),
        cost: Cost::default(),
    };
    let input = JudgeInput {
        kind: Kind::Claims,
        layer: Layer::Env,
        phases: vec![PhaseInput {
            phase: Phase::Trial,
            title: String::new(),
            expect: vec![Expect::exit(1)],
            faults: vec![],
            observation: &observation,
        }],
    };
    let judgement = judge(&input, &Wording::default());
    let mut record = Record::new(claims_card(), &input, &judgement, Duration::from_millis(20));
    record.claims = vec![TriedClaim {
        id: "C27".parse().unwrap(),
        verdict: ClaimVerdict::Refuted,
        predictions: vec![TriedPrediction {
            step: 0,
            foretold: Expect {
                asked: vec![HostName::parse("git.corp.example").unwrap()],
                ..Expect::exit(0)
            },
            missing: vec![("exit 0".to_owned(), "exit 1".to_owned())],
        }],
    }];
    record
}

/// A text without colour, none of whose lines is too wide.
fn narrow(text: &str) -> String {
    let text = strip_str(text).to_string();
    for line in text.lines() {
        let columns: usize = line
            .chars()
            .map(|character| if character.is_ascii() { 1 } else { 2 })
            .sum();
        assert!(columns <= 80, "too wide: {line}");
    }
    text
}

#[test]
fn the_table_says_what_is_stated_and_what_is_true() {
    let card = claims_card();
    let claims: Vec<&ClaimCard> = card.claims.iter().collect();
    insta::assert_snapshot!("table", narrow(&claims_table(&claims, Language::En)));
    insta::assert_snapshot!("table-zh", narrow(&claims_table(&claims, Language::Zh)));
    assert!(claims_json(&claims).unwrap().contains("modfault.claims.v1"));
}

#[test]
fn evidence_says_what_would_have_been_seen_and_what_was() {
    let record = record();
    let claim = &record.scenario.claims[1];
    insta::assert_snapshot!(
        "evidence",
        narrow(&claim_evidence(claim, &record, Language::En))
    );
    insta::assert_snapshot!(
        "evidence-zh",
        narrow(&claim_evidence(claim, &record, Language::Zh))
    );
}

#[test]
fn the_article_has_a_chapter_a_scenario() {
    insta::assert_snapshot!("article", claims_article("# Claims\n", &[&claims_card()]));
}

#[test]
fn show_says_what_a_scenario_tries_and_what_another_relies_on() {
    let text = narrow(&show(&record(), Detail::Usual));
    assert!(text.contains("What documents state"), "{text}");
    assert!(!text.contains("What is broken"), "{text}");
    assert!(text.contains("$ GOPROXY=Direct go mod download"), "{text}");
    let relying = Card {
        relies_on: vec![
            claim("C27", ClaimVerdict::Refuted),
            claim("C30", ClaimVerdict::Confirmed),
        ],
        ..card()
    };
    let text = narrow(&show(
        &Record::could_not_run(relying, "no go"),
        Detail::Usual,
    ));
    assert!(text.contains("C27 (refuted)"), "{text}");
    assert!(!text.contains("C30"), "{text}");
}
