//! The difference of two snapshots, line by line.

use similar::{ChangeTag, TextDiff};

use crate::style::{ADDED, ASIDE, REMOVED, painted};
use modfault_outcome::Diff;

/// Lines that differ, with three lines around each, indented by `indent`.
pub(crate) fn diff_text(diff: &Diff, indent: &str) -> String {
    let mut out = format!(
        "{indent}{}\n{indent}{}\n",
        painted(REMOVED, "--- as recorded"),
        painted(ADDED, "+++ as got")
    );
    let changes = TextDiff::from_lines(&diff.recorded, &diff.got);
    for (index, group) in changes.grouped_ops(3).iter().enumerate() {
        if index > 0 {
            out.push_str(&format!("{indent}{}\n", painted(ASIDE, "...")));
        }
        for change in group.iter().flat_map(|op| changes.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n');
            out.push_str(indent);
            out.push_str(&match change.tag() {
                ChangeTag::Equal => format!("  {line}"),
                ChangeTag::Delete => painted(REMOVED, format!("- {line}")),
                ChangeTag::Insert => painted(ADDED, format!("+ {line}")),
            });
            out.push('\n');
        }
    }
    out
}
