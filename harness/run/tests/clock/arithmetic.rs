//! Delays at the fakes against the deadlines of a command: who is faster is arithmetic.

use std::time::Duration;

use modfault_kit::EventKind;
use modfault_outcome::Exit;
use modfault_run::ClockWish;
use modfault_scenario::Phase;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::setting::Setting;

/// What is slow, and what curl bears; in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Case {
    /// The resolver's answers.
    dns: u64,
    /// Each packet between client and server, one way.
    net: u64,
    /// The server's answer.
    http: u64,
    connect_timeout: u64,
    max_time: u64,
}

impl Case {
    fn any() -> impl Strategy<Value = Self> {
        // A stub resolver asks again after 5 seconds (resolv.conf(5)).
        let delays = (1_u64..4_900, 1_u64..3_000, 1_u64..9_000);
        // In eighths of a second: curl multiplies what it is given as a binary fraction, and cuts.
        let limits = (4_u64..64, 8_u64..120);
        (delays, limits).prop_map(|((dns, net, http), (connect_timeout, max_time))| Self {
            dns,
            net,
            http,
            connect_timeout: connect_timeout * 125,
            max_time: max_time * 125,
        })
    }

    /// How curl ends, and when: the lookup, a round trip for the connection, another for the request with the answer's delay in it.
    fn foreseen(self) -> (Exit, u64) {
        let connected = self.dns + 2 * self.net;
        let answered = connected + 2 * self.net + self.http;
        // What comes at the very instant of curl's limit curl itself does not accept: it looks at the clock before it reads.
        if connected >= self.connect_timeout.min(self.max_time) {
            (OUT_OF_TIME, self.connect_timeout.min(self.max_time))
        } else if answered >= self.max_time {
            (OUT_OF_TIME, self.max_time)
        } else {
            (Exit::Code(0), answered)
        }
    }

    fn scenario(self) -> String {
        let seconds = |millis: u64| format!("{}.{:03}", millis / 1_000, millis % 1_000);
        let Self { dns, net, http, .. } = self;
        let connect_timeout = seconds(self.connect_timeout);
        let max_time = seconds(self.max_time);
        format!(
            r#"
description = "Everything takes its time."
needs = ["curl"]

[client]
run = "curl -sS --connect-timeout {connect_timeout} --max-time {max_time} http://web.corp.example/"

[hosts."web.corp.example"]
pages."/" = "hello"

[[fault]]
on = "web.corp.example"
dns.delay = "{dns}ms"

[[fault]]
on = "web.corp.example"
net.delay = "{net}ms"

[[fault]]
on = "web.corp.example"
http.delay = "{http}ms"

[expect]
exit = 28

[[fix]]
title = "Nothing takes time"
lift = true
"#
        )
    }
}

/// curl(1): the limit was reached.
const OUT_OF_TIME: Exit = Exit::Code(28);

/// How the command of a scenario ended, and exactly when.
fn seen(setting: &Setting, text: &str) -> (Option<Exit>, Duration) {
    let world = setting.world(text, Phase::Fault);
    let seen = setting.run(&world, Phase::Fault, ClockWish::Virtual);
    let step = &seen.steps[0];
    (step.exit, step.took)
}

fn assert_as_foreseen(setting: &Setting, case: Case) {
    let (exit, millis) = case.foreseen();
    let foreseen = (Some(exit), Duration::from_millis(millis));
    assert_eq!(seen(setting, &case.scenario()), foreseen, "{case:?}");
}

#[test]
fn what_is_slower_than_a_command_bears_is_arithmetic() {
    let setting = Setting::find();
    let config = Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&Case::any(), |case| {
            assert_as_foreseen(&setting, case);
            Ok(())
        })
        .unwrap();
}

/// glibc's resolver asks again after 5 seconds (resolv.conf(5)), and reads what is there before it looks at the clock.
#[test]
fn what_comes_at_the_very_instant_of_a_deadline_is_in_time() {
    let setting = Setting::find();
    for (delay, questions) in [(4_999, 1), (5_000, 1), (5_001, 2)] {
        let text = format!(
            r#"
description = "The resolver takes its time."
kind = "slower"

[client]
run = "getent ahostsv4 web.corp.example"

[hosts."web.corp.example"]
pages."/" = "hello"

[[fault]]
on = "web.corp.example"
dns.delay = "{delay}ms"

[expect]
exit = 0
at-least = "4s"

[[fix]]
title = "The resolver is fast"
lift = true
"#
        );
        let world = setting.world(&text, Phase::Fault);
        let seen = setting.run(&world, Phase::Fault, ClockWish::Virtual);
        let step = &seen.steps[0];
        let asked = step
            .events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Dns { .. }));
        assert_eq!(asked.count(), questions, "{delay}");
        let took = Duration::from_millis(delay);
        assert_eq!((step.exit, step.took), (Some(Exit::Code(0)), took));
    }
}

/// net/http's limit for the TLS handshake is 10 seconds; the handshake ends with the client's second flight, so that it takes one
/// answer of the server. What comes at the very instant is left out: go itself lets two goroutines race then.
#[test]
fn the_tls_handshake_of_go_has_ten_seconds_and_no_millisecond_more() {
    let setting = Setting::find();
    let scenario = |latency: u64| {
        format!(
            r#"
description = "Every answer takes its time."

[client]
run = "go mod download example.com/base@v1.0.0"
env.GOPROXY = "https://goproxy.corp.example"

[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/base"]

[[fault]]
on = "goproxy.corp.example"
tcp = {{ latency.latency = {latency} }}

[expect]
exit = 1

[[fix]]
title = "No latency"
lift = true
"#
        )
    };
    // go's threads, where they wait for each other, sleep some microseconds as chance has it.
    let by_the_millisecond = |latency| {
        let (exit, took) = seen(&setting, &scenario(latency));
        (exit, took.as_millis())
    };
    // One answer for the handshake, one for each of three files.
    let done = (Some(Exit::Code(0)), 9_999 * 4);
    assert_eq!(by_the_millisecond(9_999), done);
    assert_eq!(by_the_millisecond(10_001), (Some(Exit::Code(1)), 10_000));
}
