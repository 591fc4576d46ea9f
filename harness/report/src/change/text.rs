//! Changes told to a reader, in 80 columns.

use crate::change::{ALL, Change, Changed, Changes, Counts};
use crate::style::{ADDED, ASIDE, HEADING, REMOVED, painted};
use crate::terminal::id_text;
use crate::wrap::wrapped;
use modfault_scenario::Phase;

/// More lines than this of one scenario and kind are left out; the JSON has them all.
const LINES: usize = 16;

/// The kinds of change with their names, in the order in which they are told.
const KINDS: [(&str, Kind); 3] = [
    ("Exit", |change| &change.exit),
    ("Wording", |change| &change.wording),
    ("Behaviour", |change| &change.behaviour),
];

type Kind = fn(&Change) -> &[Changed];

/// A table of counts, and what changed, each kind apart.
pub fn changes_text(changes: &Changes) -> String {
    let all = changes.summary.get(ALL).copied().unwrap_or_default();
    let title = format!("{} -> {}", changes.from, changes.to);
    let mut out = format!(
        "{}: {} of {} scenarios changed\n\n",
        painted(HEADING, title),
        all.changed,
        all.scenarios
    );
    out.push_str(&table(changes));
    for (name, kind) in KINDS {
        let concerned: Vec<&Change> = changes
            .scenarios
            .iter()
            .filter(|change| !kind(change).is_empty())
            .collect();
        if concerned.is_empty() {
            continue;
        }
        let title = format!("{name} ({})", concerned.len());
        out.push_str(&format!("\n{}\n", painted(HEADING, title)));
        for change in concerned {
            out.push_str(&format!("\n  {}\n", id_text(&change.id)));
            out.push_str(&told(kind(change)));
        }
    }
    if !changes.not_compared.is_empty() {
        let title = format!("Not compared ({})", changes.not_compared.len());
        out.push_str(&format!("\n{}\n\n", painted(HEADING, title)));
        for scenario in &changes.not_compared {
            let text = format!("{}: {}", scenario.id, scenario.reason);
            out.push_str(&wrapped(&text, "  ", "      "));
        }
    }
    out
}

fn table(changes: &Changes) -> String {
    let head = ["scenarios", "changed", "exit", "wording", "behaviour"];
    let mut out = painted(HEADING, row("", head)) + "\n";
    let layers = changes.summary.iter().filter(|(group, _)| *group != ALL);
    let all = changes.summary.get_key_value(ALL);
    for (group, counts) in layers.chain(all) {
        let Counts {
            scenarios,
            changed,
            exit,
            wording,
            behaviour,
        } = *counts;
        let numbers = [scenarios, changed, exit, wording, behaviour];
        let words = numbers.map(|number| match number {
            0 => "-".to_owned(),
            some => some.to_string(),
        });
        out.push_str(&row(group, words.each_ref().map(String::as_str)));
        out.push('\n');
    }
    out
}

fn row(first: &str, others: [&str; 5]) -> String {
    let mut line = format!("  {first:<9}");
    for other in others {
        line.push_str(&format!(" {other:>10}"));
    }
    line
}

/// What changed of one scenario, cut where it is long.
fn told(changes: &[Changed]) -> String {
    let mut out = String::new();
    let mut lines = 0;
    let all: usize = changes.iter().map(|changed| changed.lines.len()).sum();
    let mut place = None;
    for changed in changes {
        if lines == LINES {
            break;
        }
        let here = (&changed.phases, &changed.step);
        if place != Some(here) {
            place = Some(here);
            out.push_str(&wrapped(&heading(changed), "    ", "      "));
        }
        for line in changed.lines.iter().take(LINES - lines) {
            out.push_str(&coloured(line));
            lines += 1;
        }
    }
    if all > lines {
        let more = format!("... and {} lines more", all - lines);
        out.push_str(&format!("      {}\n", painted(ASIDE, more)));
    }
    out
}

/// The phases and the command: `fault, nonfix 1: go mod download`.
fn heading(changed: &Changed) -> String {
    let phases: Vec<String> = changed.phases.iter().map(|phase| words(*phase)).collect();
    match (phases.join(", "), changed.step.as_str()) {
        (phases, "") if phases.is_empty() => "the verdict".to_owned(),
        (phases, "") => format!("{phases}: where it stopped"),
        (phases, step) => format!("{phases}: {step}"),
    }
}

/// A phase as reports name it, counted from 1.
fn words(phase: Phase) -> String {
    match phase {
        Phase::Control | Phase::Fault => phase.to_string(),
        Phase::Fix(n) => format!("fix {}", n + 1),
        Phase::Nonfix(n) => format!("nonfix {}", n + 1),
        Phase::Trial => "trial".to_owned(),
    }
}

/// A line that came or went, wrapped below its sign.
fn coloured(line: &str) -> String {
    let (sign, text) = line.split_at(2);
    let style = if sign == "- " { REMOVED } else { ADDED };
    let wrapped = wrapped(text, &format!("      {sign}"), "        ");
    wrapped
        .lines()
        .map(|line| painted(style, line) + "\n")
        .collect()
}
