//! What was run, and what it printed.

use super::waited;
use crate::style::{HEADING, painted};
use crate::wrap::wrapped;
use modfault_outcome::{ObservedClock, StepObservation};

/// More lines than this of a command's output are left out in the middle.
const LINES: usize = 24;

/// Each step: the command, what it printed behind a bar, how it ended.
pub(crate) fn steps(steps: &[StepObservation], clock: &ObservedClock) -> String {
    let mut out = String::new();
    for step in steps {
        let Some(exit) = step.exit else {
            out.push_str(&wrapped(&step.title, "  ", "   "));
            continue;
        };
        if !step.together.is_empty() {
            out.push_str("  At the same time:\n");
            for command in &step.together {
                let line = wrapped(&command.title, "  $ ", "      ");
                out.push_str(&format!("{}\n", painted(HEADING, line.trim_end())));
                printed(&mut out, &command.stdout, LINES);
                printed(&mut out, &command.stderr, LINES);
                out.push_str(&format!("  {}\n", command.exit));
            }
            continue;
        }
        let command = wrapped(&step.title, "  $ ", "      ");
        out.push_str(&format!("{}\n", painted(HEADING, command.trim_end())));
        printed(&mut out, &step.stdout, LINES);
        printed(&mut out, &step.stderr, LINES);
        out.push_str(&format!("  {exit}"));
        if let Some(waited) = waited(step, clock) {
            out.push_str(&format!(" {waited}"));
        }
        out.push('\n');
    }
    out
}

/// A text behind a bar; of more lines than `most` the middle is left out.
pub(super) fn printed(out: &mut String, text: &str, most: usize) {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > most {
        let (head, tail) = (&lines[..most / 2], &lines[lines.len() - most / 2..]);
        behind_a_bar(out, head);
        out.push_str(&format!(
            "  | ... {} lines more ...\n",
            lines.len() - most / 2 * 2
        ));
        behind_a_bar(out, tail);
    } else {
        behind_a_bar(out, &lines);
    }
}

fn behind_a_bar(out: &mut String, lines: &[&str]) {
    for line in lines {
        let indent = line.len() - line.trim_start().len();
        let bar = format!("  | {}", "  ".repeat(indent.min(4)));
        let text: String = line
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .collect();
        out.push_str(&wrapped(&text, &bar, &format!("{bar}  ")));
    }
}
