//! JSON, JUnit and the list.

use anstream::adapter::strip_str;

use crate::example::{card, failed, not_run, passed, recorded_on};
use modfault_outcome::ObservedClock;
use modfault_report::json::SCHEMA;
use modfault_report::{
    Card, ClockWord, Detail, Record, Report, SavedError, junit, list_json, list_table, read_report,
    show,
};
use modfault_scenario::WallTime;

#[test]
fn a_saved_report_tells_the_same_again() {
    let report = Report::new(vec![passed(), failed(), not_run()]);
    let again = read_report(&report.to_json().unwrap()).unwrap();
    assert_eq!(again, report);
    let told = |report: &Report| show(&report.scenarios[1], Detail::Usual);
    assert_eq!(told(&again), told(&report));
}

#[test]
fn a_report_of_another_version_is_refused() {
    let text = Report::new(vec![])
        .to_json()
        .unwrap()
        .replace(SCHEMA, "modfault.report.v9");
    assert!(matches!(
        read_report(&text),
        Err(SavedError::OtherSchema { found }) if found == "modfault.report.v9"
    ));
    assert!(matches!(read_report("{}"), Err(SavedError::Json(_))));
}

#[test]
fn the_json_of_a_run_is_as_documented() {
    insta::assert_snapshot!(Report::new(vec![not_run(), passed()]).to_json().unwrap());
}

#[test]
fn a_record_of_an_older_file_that_says_nothing_of_clocks_ran_on_the_real_one() {
    let text = Report::new(vec![passed()]).to_json().unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let record = document["scenarios"][0].as_object_mut().unwrap();
    assert_eq!(record.remove("clock"), Some("real".into()));
    for phase in record["phases"].as_array_mut().unwrap() {
        phase["observation"]
            .as_object_mut()
            .unwrap()
            .remove("clock");
    }
    let read = read_report(&document.to_string()).unwrap();
    assert_eq!(read.scenarios[0].phases, passed().phases);
}

#[test]
fn a_record_names_the_real_clock_where_a_single_phase_needed_it() {
    let record = recorded_on([VIRTUAL, VIRTUAL]);
    assert_eq!(
        (record.clock, record.clock_reason),
        (Some(ClockWord::Virtual), None)
    );
    let reason = Some("a tracer is traced".to_owned());
    let real = ObservedClock::Real {
        reason: reason.clone(),
    };
    let record = recorded_on([VIRTUAL, real]);
    assert_eq!(
        (record.clock, record.clock_reason),
        (Some(ClockWord::Real), reason)
    );
}

const VIRTUAL: ObservedClock = ObservedClock::Virtual {
    start: WallTime::START,
};

#[test]
fn junit_has_a_suite_a_layer() {
    insta::assert_snapshot!(junit(&Report::new(vec![passed(), failed(), not_run()])));
}

#[test]
fn several_versions_of_go_are_told_apart_everywhere() {
    let on = |go: &str, record: Record| Record {
        go: Some(go.to_owned()),
        ..record
    };
    let other = Record::other_go(
        Card {
            go: Some(">=1.24".to_owned()),
            ..card()
        },
        "go1.21.13",
    );
    let report = Report::new(vec![
        on("go1.27.3", passed()),
        on("go1.27.3", failed()),
        on("go1.21.13", passed()),
        other,
    ]);
    let versions: Vec<(&str, usize, usize)> = report
        .versions
        .iter()
        .map(|version| {
            let summary = version.summary;
            (version.go.as_str(), summary.scenarios, summary.other_go)
        })
        .collect();
    assert_eq!(versions, [("go1.27.3", 2, 0), ("go1.21.13", 2, 1)]);
    let junit = junit(&report);
    assert!(
        junit.contains("name=\"tls/missing-intermediate (go1.21.13)\""),
        "{junit}"
    );
    assert!(junit.contains("name=\"go\" value=\"go1.21.13 go1.27.3\""));
    assert!(junit.contains("<skipped message=\"about Go &gt;=1.24 alone\"/>"));
    assert_eq!(read_report(&report.to_json().unwrap()).unwrap(), report);
    assert!(Report::new(vec![passed(), failed()]).versions.is_empty());
}

#[test]
fn the_list_is_a_table_by_layer() {
    let mut other = card();
    other.id = "env/goproxy-off".to_owned();
    other.layer = modfault_scenario::Layer::Env;
    other.description = "Short.".to_owned();
    let table = strip_str(&list_table([&card(), &other])).to_string();
    assert!(table.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(table);
}

#[test]
fn the_list_for_machines_names_its_format() {
    let text = list_json([&card()]).unwrap();
    assert!(text.contains("\"schema\": \"modfault.list.v1\""));
    assert!(text.contains("\"id\": \"tls/missing-intermediate\""));
}
