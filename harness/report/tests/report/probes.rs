//! What people would try, told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anstream::adapter::strip_str;

use crate::example::passed;
use modfault_outcome::{Exit, ProbeObservation};
use modfault_report::{Detail, ProbeCard, Record, Report, Summary, finished_line, junit, show};
use modfault_scenario::{Insight, Moment, Phase};

fn probe(run: &str, reveals: &str, insight: Insight) -> ProbeCard {
    ProbeCard {
        run: run.to_owned(),
        reveals: reveals.to_owned(),
        insight,
        moment: Moment::After,
    }
}

/// A record with a probe that tells something, one that is blind, and one whose tool is not there.
fn probed() -> Record {
    let mut record = passed();
    Arc::make_mut(&mut record.scenario).probes = vec![
        probe(
            "ping -c 1 goproxy.corp.example",
            "The machine is there.",
            Insight::Blind,
        ),
        probe(
            "openssl s_client -connect goproxy.corp.example:443",
            "The server sends its leaf alone.",
            Insight::Tells,
        ),
        ProbeCard {
            moment: Moment::During,
            ..probe("sudo tcpdump port 443", "An alert ends it.", Insight::Tells)
        },
    ];
    let seen = |run: &str, stdout: String| ProbeObservation {
        run: run.to_owned(),
        not_run: None,
        tools: BTreeMap::new(),
        exit: Some(Exit::Code(0)),
        stdout,
        stderr: String::new(),
        took: Duration::ZERO,
        events: Vec::new(),
    };
    let long: String = (1..=40).map(|line| format!("line {line}\n")).collect();
    for phase in &mut record.phases {
        if phase.phase == Phase::Fault {
            phase.observation.probes = vec![
                seen("ping -c 1 goproxy.corp.example", "1 received\n".to_owned()),
                seen(
                    "openssl s_client -connect goproxy.corp.example:443",
                    long.clone(),
                ),
                ProbeObservation::not_run("sudo tcpdump port 443", "it needs `tcpdump`"),
            ];
        }
    }
    record
}

#[test]
fn each_probe_is_told_with_what_it_shows_and_the_blind_ones_apart() {
    let text = strip_str(&show(&probed(), Detail::Usual)).to_string();
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let (_, tried) = text.split_once("What you would try to find it\n").unwrap();
    let (tried, _) = tried.split_once("\nWhat mends it\n").unwrap();
    insta::assert_snapshot!(tried);
}

#[test]
fn a_probe_that_was_not_run_is_counted_and_named() {
    let record = probed();
    let summary = Summary::of([&record, &record]);
    let line = strip_str(&summary.line(Duration::from_secs(1))).to_string();
    assert!(line.ends_with(", 2 probes not run\n"), "{line}");
    let line = strip_str(&finished_line(&record)).to_string();
    assert!(line.contains("(probe `sudo tcpdump port 443` not run: it needs `tcpdump`)"));
    assert_eq!(Summary::of([&passed()]).probes_not_run, 0);
}

#[test]
fn machines_get_what_probes_showed() {
    let report = Report::new(vec![probed()]);
    let xml = junit(&report);
    let (_, output) = xml.split_once("<system-out>").unwrap();
    for text in ["$ ping -c 1", "1 received", "not run: it needs `tcpdump`"] {
        assert!(output.contains(text), "{text}: {xml}");
    }
    assert!(report.to_json().unwrap().contains("\"insight\": \"blind\""));
}
