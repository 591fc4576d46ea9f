//! A small ledger held against small scenarios.

use modfault_coverage::coverage::{Coverage, Problem, Status, counts};
use modfault_coverage::{Ledger, markdown};
use modfault_scenario::{ModuleLibrary, Scenario, parse};

const LEDGER: &str = r#"
[failure."http/bad-gateway"]
what = "the proxy answers 502"

[failure."tls/expired"]
what = "an expired certificate"
untried = "no clock at hand"

[script.mod_proxy_list]
part = "proxy"
what = "which answers fall through"

[system.GOPROXY]
group = "The go command"
role = "setting"
words = ["GOPROXY"]

[system.dig]
group = "DNS"
role = "probe"
words = ["dig"]
untried = "nobody digs"

[system.nginx]
group = "Middleboxes"
role = "fake"
by = ["http/bad-gateway"]

[system.npm]
group = "Elsewhere"
role = "outside"
"#;

fn scenario(id: &str, more: &str) -> Scenario {
    let text = format!(
        r#"
description = "The proxy answers 502; dig would say nothing."
{more}

[client]
run = "go version"
env.GOPROXY = "https://goproxy.corp.example"

[hosts."goproxy.corp.example"]
goproxy.modules = []

[[fault]]
on = "goproxy.corp.example"
http.status = 502

[expect]
exit = 1

[[fix]]
title = "The proxy works again"
lift = true
"#
    );
    let path = format!("{id}.toml");
    parse(&path, &text, &ModuleLibrary::default())
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn held(ledger: &str, scenarios: &[Scenario]) -> Coverage {
    Coverage::of(&Ledger::parse(ledger).unwrap(), scenarios)
}

#[test]
fn a_row_is_shown_by_id_by_word_by_name_or_by_what_the_scenario_says() {
    let one = scenario("http/bad-gateway", r#"covers = ["cmd/go mod_proxy_list"]"#);
    let coverage = held(LEDGER, &[one]);
    assert_eq!(coverage.problems, []);
    let shown = || Status::Tried(vec!["http/bad-gateway".to_owned()]);
    assert_eq!(coverage.failures[0].status, shown());
    assert_eq!(coverage.scripts[0].status, shown());
    assert_eq!(counts(&coverage.failures), [1, 1, 0]);
    // GOPROXY and nginx; dig stands in prose alone.
    assert_eq!(counts(&coverage.systems), [2, 2, 0]);
}

#[test]
fn a_row_without_a_scenario_and_without_a_reason_is_missing() {
    let coverage = held(LEDGER, &[scenario("http/other", "")]);
    let missing = |row: &str| Problem::Missing {
        row: row.to_owned(),
    };
    assert!(coverage.problems.contains(&missing("http/bad-gateway")));
    assert!(coverage.problems.contains(&missing("mod_proxy_list")));
    assert!(coverage.problems.contains(&Problem::UnknownScenario {
        row: "nginx".to_owned(),
        scenario: "http/bad-gateway".to_owned(),
    }));
    assert_eq!(counts(&coverage.scripts), [0, 0, 1]);
    assert!(
        markdown(&coverage)
            .contains("| mod_proxy_list | which answers fall through | **missing** |")
    );
}

#[test]
fn a_reason_that_a_scenario_contradicts_is_stale() {
    let expired = scenario("tls/expired", "");
    let coverage = held(LEDGER, &[scenario("http/bad-gateway", ""), expired]);
    let stale = Problem::Stale {
        row: "tls/expired".to_owned(),
        scenario: "tls/expired".to_owned(),
    };
    assert!(
        coverage.problems.contains(&stale),
        "{:?}",
        coverage.problems
    );
}

#[test]
fn a_scenario_cannot_show_what_no_list_names() {
    let one = scenario("http/bad-gateway", r#"covers = ["cmd/go mod_proxy_lists"]"#);
    let coverage = held(LEDGER, &[one]);
    assert!(coverage.problems.contains(&Problem::UnknownRow {
        scenario: "http/bad-gateway".to_owned(),
        row: "cmd/go mod_proxy_lists".to_owned(),
    }));
}

#[test]
fn an_unknown_key_in_the_ledger_is_refused() {
    let error = Ledger::parse("[failure.\"a/b\"]\nwhat = \"x\"\nuntreid = \"y\"\n").unwrap_err();
    let cause = std::error::Error::source(&error).map_or_else(String::new, ToString::to_string);
    assert!(format!("{error}{cause}").contains("untreid"), "{error}");
}
