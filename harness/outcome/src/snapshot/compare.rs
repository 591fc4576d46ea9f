//! Comparing a recorded snapshot with what was got.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::probes::{reduced, split};

/// A recorded text and another one that was got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// As recorded.
    pub recorded: String,
    /// As got.
    pub got: String,
}

/// Compares the text of a recorded snapshot with the one that was got with `tools` (name → version).
///
/// Lines that a tool words (`[git 2.39.5] …`) compare only where they were recorded with the version that was used; of
/// another version it is compared only that there are such lines. Of probes see `probes`.
///
/// # Errors
///
/// The two texts, with the lines that do not compare put alike, where they differ.
pub fn compare(recorded: &str, got: &str, tools: &BTreeMap<String, String>) -> Result<(), Diff> {
    let ((recorded, its_probes), (got, other_probes)) = (split(recorded), split(got));
    let probes = reduced(&its_probes, &other_probes);
    let diff = Diff {
        recorded: reduce(recorded, recorded, tools) + &probes.0,
        got: reduce(got, recorded, tools) + &probes.1,
    };
    if diff.recorded == diff.got {
        Ok(())
    } else {
        Err(diff)
    }
}

/// `text` with each run of lines of a tool whose recorded version is not the one used as one line.
fn reduce(text: &str, recorded: &str, tools: &BTreeMap<String, String>) -> String {
    let foreign: Vec<String> = recorded
        .lines()
        .filter_map(|line| tool_of(line, tools))
        .filter(|(tool, version)| tools.get(*tool).map(String::as_str) != Some(*version))
        .map(|(tool, _)| tool.to_owned())
        .collect();
    let mut out: Vec<String> = Vec::new();
    let mut last: Option<&str> = None;
    for line in text.trim_end().lines() {
        let tool = tool_of(line, tools)
            .map(|(tool, _)| tool)
            .filter(|tool| foreign.iter().any(|name| name == tool));
        match tool {
            Some(tool) if last == Some(tool) => {}
            Some(tool) => out.push(format!("  [{tool}, another version] …")),
            None => out.push(line.trim_end().to_owned()),
        }
        last = tool;
    }
    out.join("\n") + "\n"
}

/// The tool and version that a line carries.
fn tool_of<'a>(line: &'a str, tools: &BTreeMap<String, String>) -> Option<(&'a str, &'a str)> {
    let (mark, _) = line.trim_start().strip_prefix('[')?.split_once("] ")?;
    let (tool, version) = mark.split_once(' ')?;
    let known = tools.contains_key(tool) || matches!(tool, "git" | "ssh" | "curl");
    (known && !version.contains(' ')).then_some((tool, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str =
        "exit 1\nstderr:\n  go: x:\n  [git 2.39.5] \tone\n  [git 2.39.5] \ttwo\n";

    fn tools(version: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("git".to_owned(), version.to_owned())])
    }

    #[test]
    fn another_version_of_a_tool_may_word_it_otherwise() {
        let got = "exit 1\nstderr:\n  go: x:\n  [git 2.47.1] \tthree\n";
        assert_eq!(compare(RECORDED, got, &tools("2.47.1")), Ok(()));
    }

    #[test]
    fn another_version_of_a_tool_must_still_say_something() {
        let got = "exit 1\nstderr:\n  go: x:\n";
        assert!(compare(RECORDED, got, &tools("2.47.1")).is_err());
    }

    #[test]
    fn the_recorded_version_must_say_the_same() {
        let got = RECORDED.replace("two", "three");
        assert!(compare(RECORDED, &got, &tools("2.39.5")).is_err());
        assert_eq!(compare(RECORDED, RECORDED, &tools("2.39.5")), Ok(()));
    }

    #[test]
    fn white_space_at_the_end_is_no_difference() {
        assert_eq!(compare("a\n", "a", &BTreeMap::new()), Ok(()));
    }
}
