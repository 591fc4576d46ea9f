//! Every rule, held against a server that keeps all of them, and against one that breaks it. It takes a world and a `go`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use modfault_conform::result::Verdict;
use modfault_conform::{RULES, Rule, RuleResult, Subject};
use modfault_suite::conform::{Trial, conform};
use modfault_suite::{ClockWish, Machine};
use modfault_toolchain::{Environment, Toolchain, Wanted, find, newest_pinned};
use tokio_util::sync::CancellationToken;

/// What is wrong with the server, and the rules that it breaks by that.
const FAULTS: [(&str, &[&str]); 37] = [
    ("list-short", &["list.versions"]),
    ("list-empty", &["list.versions", "go.list"]),
    ("list-json", &["list.text"]),
    ("list-pseudo", &["list.no-pseudo", "list.untagged"]),
    ("list-missing", &["list.untagged"]),
    ("latest-html", &["latest.version"]),
    ("info-other", &["info.version", "go.get"]),
    ("info-time", &["info.time"]),
    ("mod-crlf", &["mod.bytes", "go.download"]),
    ("zip-prefix", &["zip.prefix", "zip.hash"]),
    ("zip-altered", &["zip.hash"]),
    ("no-escape", &["escape.capital"]),
    ("fold-escaped", &["escape.capital", "escape.namesake"]),
    ("fold-capitals", &["escape.unescaped"]),
    (
        "absent-ok",
        &["absent.module", "absent.version", "absent.list"],
    ),
    ("absent-html", &["absent.text"]),
    ("gone-error", &["gone.absent"]),
    ("branch-error", &["query.branch"]),
    ("no-pseudo", &["query.pseudo"]),
    ("no-incompatible", &["query.incompatible"]),
    ("no-head", &["http.head"]),
    ("long-length", &["http.length"]),
    ("empty-condition", &["http.conditional"]),
    ("bare-range", &["http.range"]),
    ("keep-for-ever", &["cache.list", "cache.absent"]),
    ("sumdb-error", &["sumdb.supported"]),
    (
        "sumdb-rewritten",
        &["sumdb.lookup", "sumdb.latest", "sumdb.tile", "sumdb.lie"],
    ),
    ("sumdb-absent-ok", &["sumdb.absent"]),
    (
        "errors-absent",
        &[
            "upstream.500",
            "upstream.502",
            "upstream.503",
            "upstream.429",
            "upstream.401",
            "upstream.403",
            "upstream.closes",
            "upstream.reset",
            "upstream.refused",
            "upstream.no-name",
            "upstream.certificate",
            "upstream.page",
            "upstream.broken-zip",
            "upstream.other-zip",
        ],
    ),
    ("no-limit", &["upstream.stall", "upstream.stall-zip"]),
    ("no-redirect", &["upstream.redirect"]),
    (
        "keep-errors",
        &["heal.502", "heal.reset", "heal.truncated", "heal.cut"],
    ),
    ("keep-absence", &["heal.absent"]),
    (
        "unchecked",
        &[
            "zip.truncated",
            "zip.corrupt",
            "zip.altered",
            "zip.other-mod",
        ],
    ),
    ("partial", &["zip.cut"]),
    ("mixed-crowd", &["load.same"]),
    ("each-asks", &["load.once"]),
];

/// The server, which cargo builds before it builds this test.
fn server() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let built = test.ancestors().nth(2).expect("it lies below `deps`");
    built.join("examples/badproxy")
}

struct Place {
    machine: Machine,
    toolchain: Toolchain,
}

impl Place {
    fn here() -> Self {
        let environment = Environment::new(std::env::vars());
        let wanted = Wanted::Version(newest_pinned().clone());
        let toolchain = find(&wanted, &environment, &mut |_| {
            std::ops::ControlFlow::Continue(())
        });
        let machine = Machine::new(
            environment.cache_dir().expect("there is a home"),
            std::env::var_os("PATH").unwrap_or_default(),
            ClockWish::Auto,
            CancellationToken::new(),
        );
        Self {
            machine,
            toolchain: toolchain.expect("the newest pinned Go is found or fetched"),
        }
    }

    fn tried(&self, fault: Option<&str>, rules: Vec<Rule>) -> Vec<RuleResult> {
        self.told(fault, rules, false)
    }

    /// The same, where go may show what comes of rules that hold, too.
    fn told(&self, fault: Option<&str>, rules: Vec<Rule>, shows_all: bool) -> Vec<RuleResult> {
        let trial = Trial {
            subject: Subject {
                program: server().to_string_lossy().into_owned(),
                arguments: fault.into_iter().map(str::to_owned).collect(),
                env: BTreeMap::new(),
            },
            lent: Vec::new(),
            rules,
            patience: Duration::from_secs(5),
            jobs: NonZeroUsize::new(2).expect("two"),
            shows_all,
        };
        conform(&trial, &self.machine, &self.toolchain, &|_| {}).expect("the server starts")
    }
}

#[test]
fn a_server_that_keeps_every_rule_is_seen_to() {
    let results = Place::here().tried(None, RULES.clone());
    assert_eq!(results.len(), RULES.len());
    for result in results {
        let seen = &result.finding.seen;
        assert_eq!(
            result.finding.verdict,
            Verdict::Pass,
            "{}: {seen}",
            result.rule
        );
    }
}

#[test]
fn each_fault_of_a_server_breaks_its_rules() {
    let place = Place::here();
    for (fault, broken) in FAULTS {
        let rules = RULES.iter().filter(|rule| broken.contains(&rule.id));
        // go is shown elsewhere, and needs no proof of its own here.
        let rules = rules
            .map(|rule| Rule {
                shown: None,
                ..*rule
            })
            .collect();
        let results = place.tried(Some(fault), rules);
        assert_eq!(results.len(), broken.len(), "{fault}");
        for result in results {
            let seen = &result.finding.seen;
            assert_eq!(
                result.finding.verdict,
                Verdict::Fail,
                "{fault}: {}: {seen}",
                result.rule
            );
        }
    }
}

fn rules(names: &[&str]) -> Vec<Rule> {
    let rules = RULES.iter().filter(|rule| names.contains(&rule.id));
    rules.copied().collect()
}

#[test]
fn go_shows_what_comes_of_an_error_that_is_called_an_absence() {
    let place = Place::here();
    let asks_next = |fault| {
        let results = place.told(fault, rules(&["upstream.502"]), true);
        let shown = results[0].shown.clone().expect("go was run");
        let asks_next = shown
            .asked
            .iter()
            .any(|line| line.starts_with("next.corp.example: GET"));
        (shown.exit, asks_next)
    };
    assert_eq!(asks_next(Some("errors-absent")), (Some(0), true));
    assert_eq!(asks_next(None), (Some(1), false));
}

#[test]
fn a_server_that_ends_breaks_the_rule_that_it_ended_in() {
    let place = Place::here();
    let names = ["zip.prefix", "zip.hash", "sumdb.latest"];
    let results = place.tried(Some("dies"), rules(&names));
    let verdicts = results.iter().map(|result| result.finding.verdict);
    let expected = [Verdict::Fail, Verdict::NotTried, Verdict::NotTried];
    assert!(verdicts.eq(expected), "{results:?}");
}

#[test]
fn every_rule_is_broken_by_a_fault() {
    for rule in RULES.iter() {
        let is_broken = FAULTS.iter().any(|(_, broken)| broken.contains(&rule.id));
        assert!(is_broken, "{}", rule.id);
    }
}
