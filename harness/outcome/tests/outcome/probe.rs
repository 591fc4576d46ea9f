//! Probes held against what is said of them.

use std::collections::BTreeMap;
use std::time::Duration;

use modfault_outcome::snapshot::probes_text;
use modfault_outcome::{Exit, ProbeInput, ProbeObservation, Wording, judge_probes};
use modfault_scenario::{Expect, Insight};

const RUN: &str = "dig +short goproxy.corp.example";

fn seen(code: i32, stdout: &str) -> ProbeObservation {
    ProbeObservation {
        run: RUN.to_owned(),
        not_run: None,
        tools: BTreeMap::from([("dig".to_owned(), "9.18.33".to_owned())]),
        exit: Some(Exit::Code(code)),
        stdout: stdout.to_owned(),
        stderr: String::new(),
        took: Duration::from_millis(3),
        events: Vec::new(),
    }
}

fn says(text: &str) -> Expect {
    Expect {
        stdout: vec![text.to_owned()],
        ..Expect::default()
    }
}

/// The rules that do not hold of a probe with this output with the fault and without.
fn rules(
    insight: Insight,
    expect: &Expect,
    with: (i32, &str),
    without: (i32, &str),
) -> Vec<&'static str> {
    let (fault, control) = (seen(with.0, with.1), seen(without.0, without.1));
    let input = ProbeInput {
        insight,
        expect,
        fault: &fault,
        control: Some(&control),
    };
    let reasons = judge_probes(&[input], &Wording::default());
    reasons.iter().map(|reason| reason.rule()).collect()
}

#[test]
fn what_a_probe_reveals_must_be_seen_with_the_fault_and_not_without() {
    let expect = says("203.0.113.99");
    let rules = |with, without| rules(Insight::Tells, &expect, (0, with), (0, without));
    assert!(rules("203.0.113.99\n", "203.0.113.10\n").is_empty());
    assert_eq!(rules("203.0.113.10\n", "203.0.113.10\n"), ["unmet"]);
    assert_eq!(
        rules("203.0.113.99\n", "203.0.113.99\n"),
        ["probe-tells-nothing"]
    );
}

#[test]
fn a_probe_that_pins_its_end_alone_must_end_otherwise_without_the_fault() {
    let rules = |with, without| rules(Insight::Tells, &Expect::exit(9), (with, ""), (without, ""));
    assert!(rules(9, 0).is_empty());
    assert_eq!(rules(0, 0), ["unmet", "probe-tells-nothing"]);
    assert_eq!(rules(9, 9), ["probe-tells-nothing"]);
}

#[test]
fn a_blind_probe_must_be_the_same_whole() {
    let expect = says("203.0.113.10");
    let rules = |with, without| rules(Insight::Blind, &expect, with, without);
    assert!(rules((0, "203.0.113.10\n"), (0, "203.0.113.10\n")).is_empty());
    assert_eq!(
        rules((0, "203.0.113.10\nmore\n"), (0, "203.0.113.10\n")),
        ["probe-tells"]
    );
    assert_eq!(
        rules((0, "203.0.113.10\n"), (1, "203.0.113.10\n")),
        ["probe-tells"]
    );
}

#[test]
fn of_a_probe_that_was_not_run_nothing_is_said() {
    let fault = ProbeObservation::not_run(RUN, "it needs `dig`");
    let input = ProbeInput {
        insight: Insight::Tells,
        expect: &says("x"),
        fault: &fault,
        control: None,
    };
    assert!(judge_probes(std::slice::from_ref(&input), &Wording::default()).is_empty());
    let text = probes_text([(RUN, Some(&input))], &Wording::default());
    assert!(text.ends_with("\nnot run\n"), "{text}");
}

#[test]
fn a_snapshot_holds_the_revealing_lines_and_nothing_else() {
    let fault = seen(0, "; a comment\n203.0.113.99\n203.0.113.99\n203.0.113.10\n");
    let expect = says("113.99");
    let input = ProbeInput {
        insight: Insight::Tells,
        expect: &expect,
        fault: &fault,
        control: None,
    };
    assert_eq!(
        probes_text([(RUN, Some(&input))], &Wording::default()),
        format!("\n=== probes ===\n$ {RUN}\nworded by dig 9.18.33\nstdout:\n  203.0.113.99\n")
    );
}
