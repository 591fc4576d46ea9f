//! Several commands that ran at the same time, without what depends on which of them was first.
//!
//! Two that want the same module do the work once between them, and either may be the one that does it. So a line that only
//! tells of work ("unordered" in the wordings) belongs to none of them, and counts once; what else a command says is its own.

use serde::Serialize;

use super::text::Texts;
use crate::observation::{CommandObservation, Exit};

/// What of one command is the same whichever was first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CanonicalCommand {
    /// The command line.
    pub title: String,
    /// How it ended.
    pub exit: Exit,
    /// Normalised lines.
    pub stdout: Vec<String>,
    /// Normalised lines.
    pub stderr: Vec<String>,
}

/// Each command with what it alone can have said.
pub(super) fn commands(
    together: &[CommandObservation],
    texts: &Texts<'_>,
) -> Vec<CanonicalCommand> {
    together
        .iter()
        .map(|command| CanonicalCommand {
            title: texts.line(&command.title),
            exit: command.exit,
            stdout: texts.lines(&command.stdout),
            stderr: texts.lines_apart(&command.stderr).1,
        })
        .collect()
}

/// The lines that tell of work, each once, whoever did it.
pub(super) fn said_by_any(together: &[CommandObservation], texts: &Texts<'_>) -> Vec<String> {
    let lines = together
        .iter()
        .flat_map(|command| texts.lines_apart(&command.stderr).0);
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines.dedup();
    lines
}

/// Whether the commands did the same, their lines apart: a fault may change these, and that alone shows nothing.
pub(super) fn same(ones: &[CanonicalCommand], others: &[CanonicalCommand]) -> bool {
    let seen =
        |command: &CanonicalCommand| (command.exit, command.stdout.clone(), command.stderr.clone());
    ones.iter().map(seen).eq(others.iter().map(seen))
}
