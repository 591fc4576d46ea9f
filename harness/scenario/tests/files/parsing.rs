//! Good files parse, bad ones have the problem that they are named after.

use std::collections::BTreeSet;

use crate::tree::{invalid, library, valid};
use modfault_scenario::{Code, Diagnostic, Scenario, parse};

fn codes(diagnostics: &[Diagnostic]) -> Vec<Code> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

#[test]
fn every_scenario_parses_under_its_own_path() {
    let valid = valid();
    assert!(valid.len() >= 2);
    for (path, text) in valid {
        let scenario: Scenario = parse(&format!("scenarios/{path}"), &text, &library())
            .unwrap_or_else(|problems| panic!("{path}: {problems:#?}"));
        assert_eq!(format!("{}.toml", scenario.id), path);
    }
}

#[test]
fn every_bad_file_has_the_problem_that_it_is_named_after_and_no_other() {
    for (name, text) in invalid() {
        let problems = parse(&format!("scenarios/invalid/{name}"), &text, &library()).unwrap_err();
        let found: Vec<&str> = codes(&problems).iter().map(|code| code.as_str()).collect();
        let named = name.strip_suffix(".toml").unwrap();
        assert_eq!(found, [named], "{name}: {problems:#?}");
        assert!(!problems[0].labels.is_empty(), "{name}: no place");
        assert!(problems[0].help.is_some(), "{name}: no help");
        for label in problems.iter().flat_map(|problem| &problem.labels) {
            assert!(text.get(label.span.clone()).is_some(), "{name}: {label:?}");
        }
    }
}

#[test]
fn every_problem_is_told_as_recorded() {
    for (name, text) in invalid() {
        let problems = parse(&format!("scenarios/invalid/{name}"), &text, &library()).unwrap_err();
        let told: Vec<String> = problems
            .iter()
            .map(|problem| in_words(problem, &text))
            .collect();
        insta::assert_snapshot!(name.strip_suffix(".toml").unwrap(), told.join("\n"));
    }
}

/// A problem with the text that each of its places covers.
fn in_words(problem: &Diagnostic, text: &str) -> String {
    let mut told = format!("{}: {}\n", problem.code, problem.message);
    for label in &problem.labels {
        let line = text[..label.span.start].lines().count().max(1);
        let covered = &text[label.span.clone()];
        told.push_str(&format!("line {line}, {covered:?}: {}\n", label.text));
    }
    if let Some(help) = &problem.help {
        told.push_str(&format!("help: {help}\n"));
    }
    told
}

#[test]
fn every_code_has_a_bad_file() {
    let with_file: BTreeSet<String> = invalid().into_keys().collect();
    let wanted: BTreeSet<String> = Code::ALL
        .iter()
        .map(|code| format!("{code}.toml"))
        .collect();
    assert_eq!(with_file, wanted);
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    let text = r#"
kidn = "fails"
sources = ["one"]

[client]
run = 5
env.GOPROXY = "https://goproxy.corp.exmaple"

[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/gret"]
ports.443 = "htps"

[[fault]]
on = "goproxy.corp.example"
http.statsu = 502

[[fix]]
title = "x"
lift = true
"#;
    let problems = parse("http/x.toml", text, &library()).unwrap_err();
    assert_eq!(
        codes(&problems),
        [
            Code::UnknownKey,
            Code::BadSource,
            Code::WrongType,
            Code::UnknownHost,
            Code::UnknownModule,
            Code::UnknownValue,
            Code::UnknownFault,
        ],
        "{problems:#?}"
    );
    let helps: Vec<&str> = problems.iter().filter_map(|p| p.help.as_deref()).collect();
    for near in ["`kind`", "`example.com/greet`", "`https`", "`status`"] {
        assert!(
            helps.iter().any(|help| help.contains(near)),
            "{near}: {helps:?}"
        );
    }
}

#[test]
fn what_a_shared_module_requires_is_known_too() {
    let path = "goproxy/chain-404-falls-back.toml";
    let scenario = parse(path, &valid()[path], &library()).unwrap();
    let modules: Vec<&String> = scenario.modules.keys().collect();
    assert_eq!(modules, ["example.com/base", "example.com/greet"]);
}

#[test]
fn an_address_without_a_machine_is_nobodys() {
    let text = &invalid()["no-fault.toml"];
    let with = |address: &str| {
        let text = format!("nowhere = [\"{address}\"]\n{text}");
        codes(&parse("http/x.toml", &text, &library()).unwrap_err())
    };
    for taken in ["203.0.113.10", "198.51.100.53", "198.51.100.2"] {
        assert!(with(taken).contains(&Code::BadAddress), "{taken}");
    }
    assert_eq!(with("203.0.113.11"), [Code::NoFault]);
}
