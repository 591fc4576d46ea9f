//! What probes reveal, as text: of each the lines in which it does, with the tool that words them.
//!
//! The part stands behind the phases, each probe below its command line. What was not run compares with anything, and so do the
//! words of another version of a tool.

use std::collections::BTreeMap;

use crate::probe::{ProbeInput, ProbeObservation};
use crate::wording::Wording;

/// The line with which the part begins.
const BEGIN: &str = "=== probes ===";

/// What stands in the place of a probe that was not run.
const NOT_RUN: &str = "not run";

/// What stands before the tools that word a probe's output.
const WORDED_BY: &str = "worded by ";

/// The part of a snapshot about `probes`; empty without any.
pub fn probes_text<'a>(
    probes: impl IntoIterator<Item = (&'a str, Option<&'a ProbeInput<'a>>)>,
    wording: &Wording,
) -> String {
    let mut text = String::new();
    for (run, probe) in probes {
        text.push_str(&format!("$ {run}\n"));
        match probe.filter(|probe| probe.fault.not_run.is_none()) {
            Some(probe) => text.push_str(&revealed(probe, wording)),
            None => text.push_str(&format!("{NOT_RUN}\n")),
        }
    }
    if text.is_empty() {
        text
    } else {
        format!("\n{BEGIN}\n{text}")
    }
}

fn revealed(probe: &ProbeInput<'_>, wording: &Wording) -> String {
    let mut text = String::new();
    if let Some(tools) = probe.fault.worded_by() {
        text.push_str(&format!("{WORDED_BY}{tools}\n"));
    }
    if let (Some(_), Some(exit)) = (probe.expect.exit, probe.fault.exit) {
        text.push_str(&format!("{exit}\n"));
    }
    for (stream, texts, printed) in [
        ("stdout", &probe.expect.stdout, &probe.fault.stdout),
        ("stderr", &probe.expect.stderr, &probe.fault.stderr),
    ] {
        let lines = ProbeObservation::pinned_lines(printed, texts, wording);
        if !lines.is_empty() {
            text.push_str(&format!("{stream}:\n"));
            lines
                .iter()
                .for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    text
}

/// A text without its part about probes, and the body of each by its command line.
pub(super) fn split(text: &str) -> (&str, BTreeMap<&str, String>) {
    let Some((phases, part)) = text.split_once(&format!("\n{BEGIN}\n")) else {
        return (text, BTreeMap::new());
    };
    let mut probes: BTreeMap<&str, String> = BTreeMap::new();
    let mut run = None;
    for line in part.lines() {
        if let Some(next) = line.strip_prefix("$ ") {
            run = Some(next);
            probes.entry(next).or_default();
        } else if let Some(body) = run.and_then(|run| probes.get_mut(run)) {
            body.push_str(line.trim_end());
            body.push('\n');
        }
    }
    (phases, probes)
}

/// Both parts about probes with what does not compare put alike.
pub(super) fn reduced(
    recorded: &BTreeMap<&str, String>,
    got: &BTreeMap<&str, String>,
) -> (String, String) {
    let mut texts = (String::new(), String::new());
    for (run, body) in recorded {
        let other = got.get(run);
        if other.is_none_or(|other| compares(body, other)) {
            texts.0.push_str(&format!("$ {run}\n{body}"));
        }
    }
    for (run, body) in got {
        let other = recorded.get(run);
        // what was never recorded and cannot be had here is no difference
        if other.map_or(!is_not_run(body), |other| compares(other, body)) {
            texts.1.push_str(&format!("$ {run}\n{body}"));
        }
    }
    texts
}

fn compares(recorded: &str, got: &str) -> bool {
    let worded = |body: &str| {
        let first = body.lines().next().unwrap_or_default();
        first.strip_prefix(WORDED_BY).map(str::to_owned)
    };
    !is_not_run(got) && !is_not_run(recorded) && worded(recorded) == worded(got)
}

fn is_not_run(body: &str) -> bool {
    body.trim_end() == NOT_RUN
}

/// `got` with what `recorded` has of the probes that were not run: a machine without a tool forgets nothing.
pub fn kept_probes(got: &str, recorded: &str) -> String {
    let (_, recorded) = split(recorded);
    let (phases, _) = split(got);
    let Some((_, part)) = got.split_once(&format!("\n{BEGIN}\n")) else {
        return got.to_owned();
    };
    let mut text = String::new();
    let mut run = None;
    for line in part.lines() {
        let known = run.and_then(|run| recorded.get(run));
        match known {
            Some(body) if line == NOT_RUN => text.push_str(body),
            _ => text.push_str(&format!("{line}\n")),
        }
        run = line.strip_prefix("$ ");
    }
    format!("{phases}\n{BEGIN}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::*;

    const RECORDED: &str = "=== fault ===\n$ go env\nexit 1\n\n=== probes ===\n$ dig a\nworded by dig 9.18\nstdout:\n  one\n$ go env\nstdout:\n  two\n";

    fn same(got: &str) -> bool {
        compare(RECORDED, got, &BTreeMap::new()).is_ok()
    }

    #[test]
    fn what_a_probe_reveals_is_compared_with_the_recorded_version_of_its_tool_alone() {
        assert!(same(RECORDED));
        assert!(!same(&RECORDED.replace("  one", "  other")));
        assert!(same(
            &RECORDED.replace("9.18", "9.20").replace("  one", "  other")
        ));
        assert!(!same(&RECORDED.replace("  two", "  other")));
    }

    #[test]
    fn a_probe_that_was_not_run_is_no_difference_and_is_not_forgotten() {
        let got = RECORDED.replace("worded by dig 9.18\nstdout:\n  one\n", "not run\n");
        assert!(same(&got));
        assert_eq!(kept_probes(&got, RECORDED), RECORDED);
        assert!(!same(&got.replace("$ dig a\nnot run\n", "")));
    }

    #[test]
    fn a_difference_of_the_phases_is_still_one() {
        assert!(!same(&RECORDED.replace("exit 1", "exit 2")));
    }
}
