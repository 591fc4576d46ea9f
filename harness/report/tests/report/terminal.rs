//! Live lines, failures, the last line.

use std::time::Duration;

use anstream::adapter::strip_str;

use crate::example::{failed, not_run, passed};
use modfault_report::{Summary, finished_line, problem};

#[test]
fn each_scenario_has_one_line_when_it_is_done() {
    let lines: String = [passed(), failed(), not_run()]
        .iter()
        .map(finished_line)
        .collect();
    insta::assert_snapshot!(strip_str(&lines).to_string());
}

#[test]
fn a_failure_says_which_rule_did_not_hold_and_shows_the_difference() {
    insta::assert_snapshot!(strip_str(&problem(&failed())).to_string());
}

#[test]
fn what_passed_has_no_problem() {
    assert_eq!(problem(&passed()), "");
}

#[test]
fn drift_is_told_and_is_no_failure() {
    let mut record = passed();
    record.drift = failed().reasons.pop().and_then(|reason| reason.diff);
    assert!(
        strip_str(&finished_line(&record))
            .to_string()
            .ends_with("(drift)\n")
    );
    assert!(
        strip_str(&problem(&record))
            .to_string()
            .contains("no failure")
    );
    assert_eq!(Summary::of([&record]).drifted, 1);
}

#[test]
fn the_last_line_counts_the_three_verdicts_apart() {
    let records = [passed(), passed(), failed(), not_run()];
    let line = Summary::of(&records).line(Duration::from_millis(3210));
    assert_eq!(
        strip_str(&line).to_string(),
        "     Summary [   3.210s] 4 scenarios: 2 as expected, 1 not, 1 could not run\n"
    );
}

#[test]
fn colour_is_in_the_text_until_it_is_stripped() {
    assert!(finished_line(&passed()).contains("\u{1b}["));
}
