//! Commands that ran at the same time, whichever was first.

use crate::example::{WORDING, answered, phase, step};
use modfault_kit::{Event, RequestKind};
use modfault_outcome::{Canonical, CommandObservation, Exit, canonicalise};
use modfault_scenario::Phase;

const PROXY: &str = "goproxy.corp.example";

/// What two commands that want the same module show; one of them says `one`, the other `other`.
fn race(one: &str, other: &str, events: Vec<Event>) -> Canonical {
    let command = |title: &str, stderr: &str| CommandObservation {
        title: title.to_owned(),
        exit: Exit::Code(0),
        stdout: String::new(),
        stderr: stderr.to_owned(),
    };
    let mut step = step(0, &format!("{one}{other}"), events);
    step.together = vec![command("go list ./a", one), command("go list ./b", other)];
    canonicalise(&phase(Phase::Fault, &[], vec![step]), &WORDING)
}

fn asked(times: usize) -> Vec<Event> {
    vec![answered(PROXY, RequestKind::Info, "/a/@v/v1.0.0.info", 200); times]
}

const WORK: &str = "go: downloading example.com/greet v1.0.0\n";

#[test]
fn who_downloads_and_how_often_is_asked_means_nothing_between_commands() {
    let first = race(WORK, "", asked(1));
    assert_eq!(first, race("", WORK, asked(2)));
    assert_eq!(first, race(WORK, WORK, asked(1)));
}

#[test]
fn what_a_command_says_beside_its_work_stays_its_own() {
    let one = race("go: a mistake\n", "", asked(1));
    let other = race("", "go: a mistake\n", asked(1));
    assert_ne!(one, other);
    assert!(!one.same_but_for_fired(&other));
}

#[test]
fn a_host_that_answers_otherwise_is_still_seen() {
    let gone = vec![answered(PROXY, RequestKind::Info, "/a/@v/v1.0.0.info", 404)];
    assert_ne!(race("", "", asked(1)), race("", "", gone));
}
