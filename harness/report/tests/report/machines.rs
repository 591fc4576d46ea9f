//! JSON, JUnit and the list.

use anstream::adapter::strip_str;

use crate::example::{card, failed, not_run, passed};
use modfault_report::json::SCHEMA;
use modfault_report::{Report, SavedError, junit, list_json, list_table, read_report, show};

#[test]
fn a_saved_report_tells_the_same_again() {
    let report = Report::new(vec![passed(), failed(), not_run()]);
    let again = read_report(&report.to_json().unwrap()).unwrap();
    assert_eq!(again, report);
    assert_eq!(show(&again.scenarios[1]), show(&report.scenarios[1]));
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
fn junit_has_a_suite_a_layer() {
    insta::assert_snapshot!(junit(&Report::new(vec![passed(), failed(), not_run()])));
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
