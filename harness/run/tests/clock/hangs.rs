//! What would never end is told as such on the virtual clock, and only there.

use std::time::{Duration, Instant};

use modfault_outcome::{Exit, Hang, StepObservation};
use modfault_run::ClockWish;
use modfault_scenario::Phase;

use crate::setting::Setting;

/// A server that accepts connections and never says a word.
fn silent_server(run: &str) -> String {
    format!(
        r#"
description = "The module proxy accepts connections and never says a word."
needs = ["curl"]
timeout = "1s"

[client]
run = "{run}"
env.GOPROXY = "http://goproxy.corp.example"

[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]

[[fault]]
on = "goproxy.corp.example"
port = 80
tcp = {{ stream = "upstream", timeout.timeout = 0 }}

[expect]
hangs = true

[[fix]]
title = "The service answers"
lift = true
"#
    )
}

fn hung(run: &str, clock: ClockWish) -> (StepObservation, Hang) {
    let setting = Setting::find();
    let world = setting.world(&silent_server(run), Phase::Fault);
    let seen = setting.run(&world, Phase::Fault, clock);
    let step = seen.steps[0].clone();
    assert_eq!(step.exit, Some(Exit::Overran), "{}", step.stderr);
    let hang = step.hang.clone().unwrap();
    (step, hang)
}

const GO: &str = "go mod download example.com/greet@v1.0.0";

#[test]
fn go_waits_for_ever_for_a_server_that_never_answers_and_says_where() {
    let (step, hang) = hung(GO, ClockWish::Virtual);
    assert!(hang.for_ever);
    assert!(
        hang.waits.iter().any(|wait| wait.process == "go"),
        "{hang:?}"
    );
    assert!(hang.dump.contains("goroutine 1 "), "{}", hang.dump);
    assert!(!step.stderr.contains("goroutine"), "{}", step.stderr);
}

#[test]
fn curl_waits_for_ever_for_a_server_that_never_answers() {
    let curl = "curl -sS --no-keepalive http://goproxy.corp.example/";
    let (_, hang) = hung(curl, ClockWish::Virtual);
    assert!(hang.for_ever);
    assert!(!hang.waits.is_empty());
    assert!(
        hang.waits.iter().all(|wait| wait.process == "curl"),
        "{hang:?}"
    );
    assert_eq!(hang.dump, "");
}

#[test]
fn on_the_machines_clock_a_command_is_merely_still_running() {
    let began = Instant::now();
    let (step, hang) = hung(GO, ClockWish::Real);
    assert!(!hang.for_ever);
    assert!(hang.waits.is_empty(), "{hang:?}");
    assert!(hang.dump.contains("goroutine 1 "), "{}", hang.dump);
    for took in [began.elapsed(), step.took, hang.after] {
        assert!(took >= Duration::from_secs(1), "{took:?}");
    }
}

#[test]
fn a_limit_around_a_command_that_hangs_ends_it_at_its_time() {
    let setting = Setting::find();
    let limited = format!("timeout 7 {GO}");
    let world = setting.world(&silent_server(&limited), Phase::Fault);
    let began = Instant::now();
    let seen = setting.run(&world, Phase::Fault, ClockWish::Virtual);
    let step = &seen.steps[0];
    assert_eq!(
        (step.exit, step.hang.clone()),
        (Some(Exit::Code(124)), None)
    );
    assert_eq!(step.took.as_millis(), 7_000);
    assert!(began.elapsed() < Duration::from_secs(7));
}
