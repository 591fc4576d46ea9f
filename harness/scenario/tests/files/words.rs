//! Scenarios in words.

use crate::tree::{library, valid};
use modfault_scenario::describe::{describe, describe_client, describe_host, describe_step};
use modfault_scenario::{Scenario, parse};

fn scenario(id: &str) -> Scenario {
    let path = format!("{id}.toml");
    parse(&path, &valid()[&path], &library()).unwrap()
}

#[test]
fn a_fault_is_a_sentence() {
    let scenario = scenario("tls/missing-intermediate");
    assert_eq!(
        describe(&scenario.faults[0]),
        "goproxy.corp.example sends its leaf certificate without the intermediate"
    );
}

#[test]
fn hosts_settings_and_steps_are_told() {
    let scenario = scenario("tls/missing-intermediate");
    let (_, host) = scenario.hosts.first_key_value().unwrap();
    assert_eq!(describe_host(host), "module proxy with example.com/greet");
    assert_eq!(
        describe_client(&scenario.client),
        ["GOPROXY=https://goproxy.corp.example"]
    );
    assert_eq!(
        describe_step(&scenario.steps[0]),
        "go mod download example.com/greet@v1.0.0"
    );
}

#[test]
fn a_clock_is_told_where_it_begins_on_a_day_of_its_own() {
    use modfault_scenario::WallTime;
    use modfault_scenario::describe::describe_clock;
    use modfault_scenario::scenario::ClockChoice;
    let begins = |start| describe_clock(&ClockChoice::Virtual { start });
    assert_eq!(begins(WallTime::START), None);
    assert_eq!(
        begins("2019-03-01T00:00:00Z".parse().unwrap()).as_deref(),
        Some("its clock begins at 2019-03-01T00:00:00Z")
    );
}

#[test]
fn a_port_that_is_closed_is_told_of() {
    let text = r#"
description = "x"
[client]
run = "go version"
env.GOPROXY = "https://a.example"
[hosts."a.example"]
goproxy.modules = ["example.com/greet"]
[[fault]]
hosts."a.example".ports = { 443 = "closed", 80 = "http" }
[expect]
exit = 1
[[fix]]
title = "t"
lift = true
"#;
    let scenario = parse("http/x.toml", text, &library()).unwrap();
    assert_eq!(
        describe(&scenario.faults[0]),
        "a.example is otherwise: plain http on port 80; nothing listens on port 443"
    );
}

#[test]
fn selectors_and_triggers_are_part_of_the_sentence() {
    let text = r#"
description = "x"
[client]
run = "go version"
env.GOPROXY = "https://a.example"
[hosts."a.example"]
goproxy.modules = ["example.com/greet"]
[[fault]]
on = "a.example"
get = ["mod", "zip"]
module = "example.com/*"
first = 2
http.status = 503
[[fault]]
client.env.GOFLAGS = "-x"
client.without = ["git"]
[expect]
exit = 1
[[fix]]
title = "t"
lift = "a.example"
"#;
    let scenario = parse("http/x.toml", text, &library()).unwrap();
    let sentences: Vec<String> = scenario.faults.iter().map(describe).collect();
    assert_eq!(
        sentences,
        [
            "a.example answers 503, for `mod` and `zip` requests, for modules like `example.com/*`, the first 2 times",
            "on the client, GOFLAGS=-x and git is not installed",
        ]
    );
}

#[test]
fn who_may_see_a_go_import_page_and_what_lies_below_a_repository_is_told() {
    let text = r#"
description = "x"
[client]
run = "go version"
env.GOPROXY = "direct"
[hosts."git.example"]
git.repositories."mono" = { module = "example.com/greet", subdirectories.base = "example.com/base" }
vanity."git.example/mono" = { repository = "https://git.example/mono.git", login = { user = "dev", password = "x" }, otherwise = "two-elements" }
[[fault]]
on = "git.example"
git.moved-branch = { branch = "main", to = "v1.0.0" }
[[fault]]
on = "git.example"
vanity.status = 404
[expect]
exit = 1
[[fix]]
title = "t"
lift = true
"#;
    let scenario = parse("git/x.toml", text, &library()).unwrap();
    let (_, host) = scenario.hosts.first_key_value().unwrap();
    assert_eq!(
        describe_host(host),
        "git server with example.com/greet and example.com/base; go-import pages for git.example/mono; \
         the go-import page of git.example/mono, for the user dev alone: a go-import tag for the first two elements of the \
         path to anybody else"
    );
    let sentences: Vec<String> = scenario.faults.iter().map(describe).collect();
    assert_eq!(
        sentences,
        [
            "git.example has moved the branch main to v1.0.0: its history was rewritten",
            "git.example serves its go-import pages under the status 404",
        ]
    );
}
