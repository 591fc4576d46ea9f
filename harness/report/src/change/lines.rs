//! What is compared, as lines, and the lines that differ.

use std::collections::BTreeMap;

use similar::{ChangeTag, TextDiff};

use modfault_outcome::canonical::Timeline;

/// Lines that only `old` has, with `- ` in front, and those that only `new` has, with `+ `.
pub(super) fn changed_lines(old: &[String], new: &[String]) -> Vec<String> {
    let [old, new] = [old, new].map(|lines| lines.iter().map(String::as_str).collect::<Vec<_>>());
    let changes = TextDiff::from_slices(&old, &new);
    changes
        .iter_all_changes()
        .filter_map(|change| {
            let sign = match change.tag() {
                ChangeTag::Equal => return None,
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            Some(format!("{sign} {}", change.value()))
        })
        .collect()
}

/// Who was asked what, a line a host and key, and the faults that fired.
pub(super) fn behaviour(timeline: &Timeline) -> Vec<String> {
    let asked = timeline.facts.iter().flat_map(|(host, facts)| {
        let facts = facts.iter();
        facts.map(move |(key, seen)| format!("{host}: {key}: {}", seen.join("; ")))
    });
    let fired = timeline.fired.iter().flat_map(|(host, fired)| {
        fired.iter().flat_map(move |(key, faults)| {
            let faults = faults.iter();
            faults.map(move |fault| format!("{host}: ! {} at {key}", fault.0))
        })
    });
    asked.chain(fired).collect()
}

/// The files that were looked at, each line with the path in front.
pub(super) fn files(files: &BTreeMap<String, Option<Vec<String>>>) -> Vec<String> {
    files
        .iter()
        .flat_map(|(path, content)| match content {
            None => vec![format!("{path}: there is none")],
            Some(lines) if lines.is_empty() => vec![format!("{path}: empty")],
            Some(lines) => lines.iter().map(|line| format!("{path}: {line}")).collect(),
        })
        .collect()
}
