//! What changed between two versions of Go.

use anstream::adapter::strip_str;

use crate::example::{card, not_run, passed};
use modfault_kit::{EventKind, RequestKind};
use modfault_outcome::{Exit, Wording};
use modfault_report::{Card, Changes, Record, VerdictWord, changes_text};
use modfault_scenario::Phase;

fn on(go: &str, record: Record) -> Record {
    Record {
        go: Some(go.to_owned()),
        ..record
    }
}

/// The record as another version of Go gives it.
fn changed(id: &str, change: impl Fn(&mut Record)) -> (Record, Record) {
    let named = |record: Record| Record {
        scenario: Card {
            id: id.to_owned(),
            ..(*record.scenario).clone()
        }
        .into(),
        ..record
    };
    let new = named(on("go1.27.3", passed()));
    let mut old = named(on("go1.21.13", passed()));
    change(&mut old);
    (old, new)
}

fn changes(pairs: &[(Record, Record)]) -> Changes {
    let pairs = pairs.iter().map(|(old, new)| (old, new));
    Changes::of("go1.21.13", "go1.27.3", pairs, &Wording::default())
}

fn words(record: &mut Record) {
    for phase in &mut record.phases {
        for step in &mut phase.observation.steps {
            step.stderr = step.stderr.replace("it trusts nobody", "nobody is trusted");
        }
    }
}

fn exit(record: &mut Record) {
    record.verdict = VerdictWord::NotAsExpected;
    record.phases[1].observation.steps[0].exit = Some(Exit::Code(2));
}

/// The list of a module is asked for once less.
fn asks_less(record: &mut Record) {
    let events = &mut record.phases[0].observation.steps[0].events;
    let is_info = |kind: &EventKind| matches!(kind, EventKind::Http(exchange) if exchange.asked == RequestKind::Info);
    events.retain(|event| !is_info(&event.kind));
}

#[test]
fn what_is_the_same_is_no_change() {
    let changes = changes(&[changed("tls/a", |_| {})]);
    assert!(changes.scenarios.is_empty() && changes.not_compared.is_empty());
    assert_eq!(changes.summary["all"].scenarios, 1);
    assert_eq!(changes.summary["all"].changed, 0);
}

#[test]
fn each_kind_of_change_is_found_by_itself() {
    let changes = changes(&[
        changed("tls/asks", asks_less),
        changed("tls/exit", exit),
        changed("tls/words", words),
    ]);
    let found: Vec<(&str, [bool; 3])> = changes
        .scenarios
        .iter()
        .map(|change| {
            let kinds = [&change.exit, &change.wording, &change.behaviour];
            (change.id.as_str(), kinds.map(|kind| !kind.is_empty()))
        })
        .collect();
    assert_eq!(
        found,
        [
            ("tls/asks", [false, false, true]),
            // the verdict is behaviour
            ("tls/exit", [true, false, true]),
            ("tls/words", [false, true, false]),
        ]
    );
    let all = changes.summary["all"];
    assert_eq!((all.exit, all.wording, all.behaviour), (1, 1, 2));
    assert_eq!(changes.summary["tls"], all);
}

#[test]
fn a_change_that_is_the_same_in_several_phases_is_told_once() {
    let changes = changes(&[changed("tls/words", words)]);
    let wording = &changes.scenarios[0].wording;
    assert_eq!(wording.len(), 1, "{wording:#?}");
    assert_eq!(wording[0].phases, [Phase::Fault, Phase::Nonfix(0)]);
    assert_eq!(wording[0].what, "stderr");
}

#[test]
fn what_only_one_version_runs_is_not_compared_and_named() {
    let about = Card {
        go: Some(">=1.24".to_owned()),
        ..card()
    };
    let changes = changes(&[
        (Record::other_go(about, "go1.21.13"), passed()),
        (passed(), on("go1.27.3", not_run())),
    ]);
    let reasons: Vec<&str> = changes
        .not_compared
        .iter()
        .map(|scenario| scenario.reason.as_str())
        .collect();
    assert_eq!(
        reasons,
        [
            "go1.27.3: could not run: it needs `ssh`, which this machine does not have",
            "go1.21.13: it is about Go >=1.24 alone",
        ]
    );
    assert!(changes.summary.is_empty());
    let changes = changes.without([("a/b".to_owned(), "nobody ran it".to_owned())]);
    assert_eq!(changes.not_compared[0].reason, "nobody ran it");
}

#[test]
fn changes_are_told_in_eighty_columns() {
    let text = changes_text(&changes(&[
        changed("tls/asks", asks_less),
        changed("tls/exit", exit),
        changed("tls/words", words),
        (on("go1.21.13", not_run()), passed()),
    ]));
    let text = strip_str(&text).to_string();
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_long_change_is_cut_in_the_text_and_whole_in_the_json() {
    let changes = changes(&[changed("tls/long", |record| {
        let lines: Vec<String> = (0..40).map(|n| format!("line {n}")).collect();
        record.phases[1].observation.steps[0].stdout = lines.join("\n");
    })]);
    let text = strip_str(&changes_text(&changes)).to_string();
    assert!(text.contains("... and 24 lines more"), "{text}");
    let json = changes.to_json().unwrap();
    assert!(json.contains("- line 39") && json.contains("\"schema\": \"modfault.diff.v1\""));
}
