//! The kernel's own patience with a peer that has fallen silent.

use std::path::Path;
use std::time::Duration;

use modfault_outcome::{Exit, StepObservation};
use modfault_run::ClockWish;
use modfault_scenario::Phase;

use crate::setting::Setting;

fn seen(run: &str, settings: &str, fault: &str) -> StepObservation {
    let body = "x".repeat(60_000);
    let text = format!(
        r#"
description = "The wire swallows what it is given."
needs = ["curl"]

[client]
run = "{run}"
{settings}

[hosts."web.corp.example"]
pages."/" = "{body}"

[[fault]]
on = "web.corp.example"
{fault}

[expect]
exit = 28

[[fix]]
title = "The wire carries everything"
lift = true
"#
    );
    let setting = Setting::find();
    let world = setting.world(&text, Phase::Fault);
    let seen = setting.run(&world, Phase::Fault, ClockWish::Virtual);
    seen.steps[0].clone()
}

const SECOND: Duration = Duration::from_secs(1);
const BLACK_HOLE: &str = "net = \"drop\"";

#[test]
fn a_connection_that_nobody_answers_is_given_up_when_the_kernels_documentation_says() {
    let linear = Path::new("/proc/sys/net/ipv4/tcp_syn_linear_timeouts").exists();
    let lasts = |sysctls: &str| {
        let step = seen("curl -sS http://web.corp.example/", sysctls, BLACK_HOLE);
        assert_eq!(step.exit, Some(Exit::Code(28)), "{}", step.stderr);
        let message = &step.stderr;
        let millis = format!("after {} ms", step.took.as_millis());
        assert!(message.contains(&millis), "{message}");
        step.took
    };
    // ip-sysctl, tcp_syn_retries: 131 seconds with the linear ones.
    assert_eq!(lasts(""), SECOND * if linear { 131 } else { 127 });
    let once = "sysctls.\"net.ipv4.tcp_syn_retries\" = \"1\"";
    assert_eq!(lasts(once), SECOND * 3);
}

/// The kernel's own word for it, by a client that has no limit of its own.
#[test]
fn giving_up_is_told_as_the_kernel_tells_it() {
    let step = seen("bash -c '</dev/tcp/web.corp.example/80'", "", BLACK_HOLE);
    assert_eq!(step.exit, Some(Exit::Code(1)));
    // ETIMEDOUT as strerror(3) has it.
    assert!(
        step.stderr.contains("Connection timed out"),
        "{}",
        step.stderr
    );
}

/// tcp(7): curl(1) asks for probes a minute apart, the first after a minute or after `--keepalive-time`; the kernel sends nine.
#[test]
fn a_connection_that_falls_silent_is_given_up_after_the_last_probe() {
    for (option, seconds) in [("", 60), ("--keepalive-time 30", 30)] {
        let curl = format!("curl -sS -o page {option} http://web.corp.example/");
        let step = seen(&curl, "", "net.cut-after = 20_000");
        assert_eq!(step.exit, Some(Exit::Code(56)), "{}", step.stderr);
        assert_eq!(step.took, SECOND * seconds * 10);
        assert!(
            step.stderr.contains("Connection timed out"),
            "{}",
            step.stderr
        );
    }
}

#[test]
fn a_connection_that_falls_silent_is_waited_for_for_ever_without_probes() {
    let curl = "curl -sS -o page --no-keepalive http://web.corp.example/";
    let step = seen(curl, "", "net.cut-after = 20_000");
    assert_eq!(step.exit, Some(Exit::Overran), "{}", step.stderr);
    assert!(step.hang.is_some_and(|hang| hang.for_ever));
}
