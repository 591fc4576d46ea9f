//! One scenario told.

use anstream::adapter::strip_str;

use crate::example::{card, failed, not_run, passed};
use modfault_kit::HostName;
use modfault_report::{Card, FaultCard, Place, Record, show};

fn told(record: &Record) -> String {
    let text = strip_str(&show(record)).to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "too wide: {line}");
        assert_eq!(line, line.trim_end(), "blanks at the end");
    }
    text
}

#[test]
fn a_scenario_is_told_to_a_reader() {
    insta::assert_snapshot!(told(&passed()));
}

#[test]
fn a_failure_is_told_with_its_reasons() {
    let text = told(&failed());
    let (_, end) = text.split_once("Not as expected:").unwrap();
    insta::assert_snapshot!(end);
}

#[test]
fn a_scenario_that_was_not_run_is_told_from_its_card() {
    insta::assert_snapshot!(told(&not_run()));
}

#[test]
fn a_broken_wire_and_a_broken_client_are_marked_where_they_are() {
    let place = |place| FaultCard {
        words: "something is wrong".to_owned(),
        place,
    };
    let card = Card {
        faults: vec![
            place(Place::Client),
            place(Place::Wire(
                HostName::parse("resolver.corp.example").unwrap(),
            )),
        ],
        ..card()
    };
    let text = told(&Record::could_not_run(card, "it is not wanted"));
    let (_, world) = text.split_once("The world\n").unwrap();
    let (world, _) = world.split_once("\n\n").unwrap();
    insta::assert_snapshot!(world);
}

#[test]
fn a_command_that_worked_is_not_said_to_have_been_stopped() {
    let mut record = passed();
    let fault = record
        .phases
        .iter_mut()
        .find(|phase| phase.phase == modfault_scenario::Phase::Fault)
        .unwrap();
    let mut worked = fault.observation.steps[0].clone();
    worked.exit = Some(modfault_outcome::observation::Exit::Code(0));
    fault.observation.steps.push(worked);
    let text = told(&record);
    assert!(text.contains("A command before the last was stopped in tls at goproxy.corp.example."));
    assert!(!text.contains("It was stopped"));
}

#[test]
fn long_outputs_and_timelines_are_cut_and_say_so() {
    let mut record = passed();
    let fault = record
        .phases
        .iter_mut()
        .find(|phase| phase.phase == modfault_scenario::Phase::Fault)
        .unwrap();
    let step = &mut fault.observation.steps[0];
    step.stdout = (0..60).map(|n| format!("line {n}\n")).collect();
    let pair = step.events[..2].to_vec();
    step.events = pair.iter().cycle().take(100).cloned().collect();
    let text = told(&record);
    assert!(text.contains("| line 11\n  | ... 36 lines more ...\n  | line 48\n"));
    assert!(text.contains("... and 60 lines more\n"));
}
