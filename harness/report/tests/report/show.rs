//! One scenario told.

use std::time::Duration;

use anstream::adapter::strip_str;

use crate::example::{card, failed, not_run, passed};
use modfault_kit::event::Outcome;
use modfault_kit::{EventKind, HostName};
use modfault_outcome::{Exit, Hang, ObservedClock, Waiting};
use modfault_report::{Card, Detail, FaultCard, Place, Record, show};
use modfault_scenario::WallTime;

fn told(record: &Record) -> String {
    let text = strip_str(&show(record, Detail::Usual)).to_string();
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

/// A record whose fault phase hangs, on a clock.
fn hanging(clock: ObservedClock) -> Record {
    let mut record = passed();
    let fault = &mut record.phases[1];
    fault.observation.clock = clock;
    let step = &mut fault.observation.steps[0];
    step.exit = Some(Exit::Overran);
    step.stderr = String::new();
    step.took = Duration::from_millis(30_120);
    let last = step.events.last_mut().unwrap();
    if let EventKind::Tls { outcome, .. } = &mut last.kind {
        *outcome = Outcome::Failed("stalled after the client hello".to_owned());
    }
    step.hang = Some(Hang {
        for_ever: true,
        after: step.took,
        waits: vec![Waiting {
            process: "git".to_owned(),
            call: "reads a pipe".to_owned(),
        }],
        dump: "goroutine 1 [syscall]:\nos.(*Process).Wait(...)\n\tos/exec.go:1\n\
               cmd/go/internal/vcs.(*Cmd).Ping(0x1)\n\tcmd/go/internal/vcs/vcs.go:1\n"
            .to_owned(),
    });
    record
}

fn virtual_clock() -> ObservedClock {
    ObservedClock::Virtual {
        start: WallTime::START,
    }
}

#[test]
fn a_hang_is_told_with_its_place_and_the_time_of_its_clock() {
    let text = told(&hanging(virtual_clock()));
    let (_, from) = text.split_once("What was run").unwrap();
    let (said, _) = from.split_once("What mends it").unwrap();
    insta::assert_snapshot!(said);
}

#[test]
fn every_goroutine_is_shown_to_who_asks_for_more_and_to_nobody_else() {
    let record = hanging(virtual_clock());
    let verbose = strip_str(&show(&record, Detail::Verbose)).to_string();
    assert!(verbose.contains("  | goroutine 1 [syscall]:\n  | os.(*Process).Wait(...)\n"));
    assert!(!told(&record).contains("goroutine 1 "));
    assert_eq!(
        show(&passed(), Detail::Verbose),
        show(&passed(), Detail::Usual),
        "what ends has no more to tell"
    );
}

#[test]
fn the_real_clock_is_told_with_its_reason_where_nobody_asked_for_it() {
    let because = |reason: Option<&str>| {
        told(&hanging(ObservedClock::Real {
            reason: reason.map(str::to_owned),
        }))
    };
    let text = because(Some("the kernel's own timers decide"));
    assert!(text.contains("It ran on the real clock: the kernel's own timers decide."));
    assert!(text.contains("after 30.1 s on the real clock"), "{text}");
    assert!(!because(None).contains("It ran on"));
}
