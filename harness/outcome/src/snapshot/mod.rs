//! The canonical form as text, and how texts are compared.

mod compare;
mod file;
mod probes;

use std::fmt::Write as _;

use crate::canonical::{Canonical, CanonicalStep, Timeline};
use modfault_kit::HostName;

pub use compare::{Diff, compare};
pub use file::{SnapFile, SnapFileError, variant};
pub use probes::{kept_probes, probes_text};

/// The canonical forms of a scenario's phases as one text for people to read and to compare line by line.
pub fn snapshot_text<'a>(phases: impl IntoIterator<Item = &'a Canonical>) -> String {
    let mut text = String::new();
    for phase in phases {
        if !text.is_empty() {
            text.push('\n');
        }
        line(&mut text, 0, &format!("=== {} ===", phase.phase));
        for step in &phase.steps {
            step_text(&mut text, step);
        }
    }
    text
}

fn step_text(text: &mut String, step: &CanonicalStep) {
    line(text, 0, &format!("$ {}", step.title));
    if let Some(exit) = step.exit {
        line(text, 0, &exit.to_string());
    }
    block(text, "stdout", &step.stdout);
    block(text, "stderr", &step.stderr);
    for command in &step.together {
        line(text, 0, &format!("& {}", command.title));
        line(text, 0, &command.exit.to_string());
        block(text, "stdout", &command.stdout);
        block(text, "stderr", &command.stderr);
    }
    timeline(text, &step.timeline);
    for (path, content) in &step.files {
        match content {
            Some(lines) if lines.is_empty() => line(text, 0, &format!("file {path}: empty")),
            Some(lines) => block(text, &format!("file {path}"), lines),
            None => line(text, 0, &format!("file {path}: none")),
        }
    }
}

fn timeline(text: &mut String, timeline: &Timeline) {
    let hosts: std::collections::BTreeSet<&HostName> =
        timeline.facts.keys().chain(timeline.fired.keys()).collect();
    for host in hosts {
        line(text, 0, &format!("at {host}:"));
        for (key, facts) in timeline.facts.get(host).into_iter().flatten() {
            line(text, 1, &format!("{key}: {}", facts.join("; ")));
        }
        for (key, faults) in timeline.fired.get(host).into_iter().flatten() {
            let faults: Vec<&str> = faults.iter().map(|fault| fault.0.as_str()).collect();
            line(text, 1, &format!("! {} at {key}", faults.join(", ")));
        }
    }
}

fn block(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    line(text, 0, &format!("{title}:"));
    for content in lines {
        line(text, 1, content);
    }
}

/// One line; an empty one has no indentation, and control characters show themselves.
fn line(text: &mut String, depth: usize, content: &str) {
    let mut shown = String::with_capacity(content.len());
    for character in content.chars() {
        if character.is_control() && character != '\t' {
            // writing to a String cannot fail
            let _ok = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if !shown.is_empty() {
        for _ in 0..depth {
            text.push_str("  ");
        }
    }
    text.push_str(&shown);
    text.push('\n');
}
