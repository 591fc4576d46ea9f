//! Name servers, the client's own resolver and its clock: read, told, and reported where they make no sense.

use crate::tree::{library, valid};
use modfault_scenario::describe::{describe, describe_host, describe_step};
use modfault_scenario::name_service::StubSpec;
use modfault_scenario::{Action, Code, Scenario, parse};

fn scenario(id: &str) -> Scenario {
    let path = format!("{id}.toml");
    parse(&path, &valid()[&path], &library()).unwrap()
}

/// The problems of a file with this at its top and under `[client]`.
fn problems(top: &str, client: &str) -> Vec<Code> {
    let text = format!(
        r#"
description = "x"
{top}
[client]
env.GOPROXY = "https://a.example"
{client}
[hosts."a.example"]
goproxy.modules = ["example.com/greet"]
[[fault]]
on = "a.example"
http.status = 502
[expect]
exit = 1
[[fix]]
title = "lifted"
lift = true
"#
    );
    match parse("http/x.toml", &text, &library()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|problem| problem.code).collect(),
    }
}

#[test]
fn only_a_resolver_that_is_there_can_be_flushed() {
    let steps = r#"steps = [{ flush = "stub-resolver" }, { run = "go version" }]"#;
    assert_eq!(problems("", steps), [Code::BadStep]);
    assert_eq!(problems("", &format!("stub-resolver = {{}}\n{steps}")), []);
    let other = r#"steps = [{ flush = "nscd" }, { run = "go version" }]"#;
    assert_eq!(problems("", other)[0], Code::UnknownValue);
}

#[test]
fn a_clients_clock_is_a_time_and_not_the_machines() {
    let client = |clock: &str| format!("run = \"go version\"\nclock = {clock:?}");
    assert_eq!(problems("", &client("1970-01-01T00:00:00Z")), []);
    assert_eq!(problems("", &client("noon")), [Code::BadTime]);
    assert_eq!(
        problems("clock.real = \"y\"", &client("1970-01-01T00:00:00Z")),
        [Code::RealAndStart]
    );
}

#[test]
fn what_a_resolver_believes_and_a_clock_shows_is_told() {
    let told = |id| describe(&scenario(id).faults[0]);
    assert_eq!(
        told("dns/stale-cache"),
        "on the client, its own caching resolver believes for another 5m that goproxy.corp.example has 203.0.113.99"
    );
    assert_eq!(
        told("dns/stale-negative-cache"),
        "on the client, its own caching resolver believes for another 5m that goproxy.corp.example does not exist"
    );
    assert_eq!(
        told("tls/clock-skew"),
        "on the client, the clock shows 1970-01-01T00:01:00Z"
    );
    assert_eq!(
        told("tcp/accept-queue-full"),
        "goproxy.corp.example is otherwise: who listens on port 443 accepts no connection, and the queue of those that wait is full"
    );
    let flush = &scenario("dns/stale-cache").fixes[0].before[0];
    assert_eq!(flush.action, Action::FlushStubResolver);
    assert_eq!(
        describe_step(flush),
        "the cache of the client's own resolver is flushed"
    );
}

#[test]
fn what_a_name_server_sees_is_told() {
    let scenario = scenario("dns/split-horizon");
    let told: Vec<String> = scenario.hosts.values().map(describe_host).collect();
    assert_eq!(told[0], "name server that does not know *.corp.example");
}

#[test]
fn a_resolver_asks_the_worlds_own_unless_told_otherwise() {
    let stub = StubSpec::default();
    assert_eq!(
        stub.upstreams(),
        [modfault_scenario::address::RESOLVER_ADDRESS]
    );
}
