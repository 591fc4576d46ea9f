//! Which versions of Go a scenario is about.

use crate::tree::{invalid, library};
use modfault_scenario::{Code, GoVersion, parse};

/// A scenario in which everything is right, but for one line at its top.
fn with(line: &str) -> String {
    let text = invalid()["bad-version-range.toml"].replace("\"<1.x\".exit = 2\n", "");
    format!("{line}\n{text}")
}

#[test]
fn a_scenario_is_about_every_version_unless_it_says_which() {
    let about = |line: &str, version: GoVersion| {
        let scenario = parse("http/x.toml", &with(line), &library()).unwrap();
        scenario.is_about(version)
    };
    let (old, new) = (GoVersion::new(1, 23, 12), GoVersion::new(1, 24, 0));
    assert!(about("", old) && about("", new));
    let line = "go = \">=1.24\"";
    assert!(!about(line, old) && about(line, new));
    let line = "go = \">=1.21, <1.24\"";
    assert!(about(line, old) && !about(line, new));
}

#[test]
fn a_range_that_cannot_be_read_is_told_with_its_place() {
    let text = with("go = \"1.24\"");
    let problems = parse("http/x.toml", &text, &library()).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].code, Code::BadVersionRange);
    assert_eq!(&text[problems[0].labels[0].span.clone()], "\"1.24\"");
}
