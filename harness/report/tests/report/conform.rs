//! What came of the rules for a server, as it is printed.

use modfault_conform::result::{Finding, RuleResult};
use modfault_conform::{Conformance, GoRun, RULES, Severity};
use modfault_report::{conform_json, conform_text};

fn result(rule: &str, finding: Finding) -> RuleResult {
    let known = RULES.iter().find(|known| known.id == rule);
    RuleResult::of(known.unwrap(), finding)
}

fn conformance() -> Conformance {
    let mut leak = result(
        "upstream.502",
        Finding::failed("404: not found: bad upstream"),
    );
    leak.shown = Some(GoRun {
        command: "go mod download example.com/greet@v1.0.0".to_owned(),
        goproxy: "http://subject.corp.example:8080,https://next.corp.example".to_owned(),
        exit: Some(0),
        stdout: String::new(),
        stderr: "a line\n".repeat(20),
        asked: vec!["next.corp.example: GET /example.com/greet/@v/v1.0.0.info: 200".to_owned()],
    });
    let rules = vec![
        result("list.text", Finding::passed("text/plain; charset=UTF-8")),
        leak,
        result("http.head", Finding::failed("HEAD is 405, GET 200")),
        result(
            "sumdb.lookup",
            Finding::not_tried("the database is not passed on (404)"),
        ),
    ];
    Conformance::of(
        "./myproxy -listen {listen}".to_owned(),
        Some("go1.27.3".to_owned()),
        rules,
    )
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn a_rule_that_holds_is_a_line_and_one_that_does_not_is_told() {
    let text = plain(&conform_text(&conformance(), false));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["./myproxy -listen {listen}", "  go1.27.3"]);
    assert!(text.contains("\npass  list.text            list is text/plain\nFAIL  upstream.502"));
    assert!(
        text.contains("      seen    404: not found: bad upstream\n"),
        "{text}"
    );
    assert!(text.contains("\nfail  http.head"));
    assert!(text.contains("\n-     sumdb.lookup"));
    assert!(!text.contains("charset=UTF-8"));
    assert!(text.contains("... and 8 lines more"));
    assert!(
        text.contains("        > next.corp.example: GET /example.com/greet/@v/v1.0.0.info: 200\n")
    );
    let last = "4 rules: 1 pass, 1 that must hold fail, 1 that should hold fail, 1 not tried";
    assert_eq!(lines.last(), Some(&last));
}

#[test]
fn who_wants_all_is_told_what_was_seen_of_each() {
    let text = plain(&conform_text(&conformance(), true));
    assert!(text.contains("seen    text/plain; charset=UTF-8"));
    assert!(text.contains("seen    the database is not passed on (404)"));
}

#[test]
fn no_line_is_wider_than_the_page() {
    let all = RULES
        .iter()
        .map(|rule| RuleResult::of(rule, Finding::failed("no answer ".repeat(30))));
    let all = Conformance::of("server ".repeat(30), None, all.collect());
    for text in [conform_text(&all, true), conform_text(&conformance(), true)] {
        let text = plain(&text);
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
}

#[test]
fn a_machine_reads_the_same() {
    let text = conform_json(&conformance()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "modfault.conform.v1");
    assert_eq!(json["conforms"], false);
    assert_eq!(json["counts"]["must_fail"], 1);
    assert_eq!(json["rules"][0]["verdict"], "pass");
    assert_eq!(json["rules"][1]["severity"], "must");
    assert_eq!(json["rules"][1]["shown"]["exit"], 0);
    assert_eq!(json["rules"][3]["verdict"], "not-tried");
    assert_eq!(conformance().rules[2].severity, Severity::Should);
}
