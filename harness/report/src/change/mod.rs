//! What changed from one version of Go to another: two records of a scenario held against each other.
//!
//! Three kinds are told apart. *Exit* is the exit status of a command. *Wording* is what it printed. *Behaviour* is who was
//! asked what and how often, where it stopped, which files it left, and the verdict. All of it is taken from the canonical
//! form, so that what differs from run to run is no change; a change that is the same in several phases is told once.

mod lines;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::record::{PhaseRecord, Record, VerdictWord};
use crate::terminal::other_go;
use lines::{behaviour, changed_lines};
use modfault_outcome::reason::stopped_words;
use modfault_outcome::{Wording, canonicalise};
use modfault_scenario::Phase;

pub use text::changes_text;

/// The name and version of the format.
pub const SCHEMA: &str = "modfault.diff.v1";

/// What changed between two versions of Go: `modfault.diff.v1`, documented in `FORMAT.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of modfault that wrote it.
    pub modfault: &'static str,
    /// The first version, as `go env GOVERSION` says it.
    pub from: String,
    /// The second.
    pub to: String,
    /// How many changed, in all and by layer.
    pub summary: BTreeMap<String, Counts>,
    /// Those that changed, by id.
    pub scenarios: Vec<Change>,
    /// Those that were not compared, by id.
    pub not_compared: Vec<NotCompared>,
}

/// How many scenarios changed how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Those that were compared.
    pub scenarios: usize,
    /// Those that changed at all.
    pub changed: usize,
    /// Those of which an exit status changed.
    pub exit: usize,
    /// Those of which a text changed.
    pub wording: usize,
    /// Those of which behaviour changed.
    pub behaviour: usize,
}

/// A scenario that changed; each kind is empty where nothing of it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The scenario.
    pub id: String,
    /// Exit statuses.
    pub exit: Vec<Changed>,
    /// What was printed.
    pub wording: Vec<Changed>,
    /// Who was asked what, where it stopped, what it left, and the verdict.
    pub behaviour: Vec<Changed>,
}

/// One thing that changed, the same in each of some phases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The phases; none for the verdict.
    pub phases: Vec<Phase>,
    /// The command, or what else was done; empty for what is about a whole phase.
    pub step: String,
    /// `exit`, `stdout`, `stderr`, `asked`, `files`, `stopped` or `verdict`.
    pub what: &'static str,
    /// Lines that went, with `- ` in front, and lines that came, with `+ `.
    pub lines: Vec<String>,
}

/// A scenario that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotCompared {
    /// The scenario.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl Changes {
    /// What changed in `pairs`: of each scenario the record on the version `from`, and that on `to`.
    pub fn of<'a>(
        from: &str,
        to: &str,
        pairs: impl IntoIterator<Item = (&'a Record, &'a Record)>,
        wording: &Wording,
    ) -> Self {
        let mut changes = Self {
            schema: SCHEMA,
            modfault: env!("CARGO_PKG_VERSION"),
            from: from.to_owned(),
            to: to.to_owned(),
            summary: BTreeMap::new(),
            scenarios: Vec::new(),
            not_compared: Vec::new(),
        };
        for (old, new) in pairs {
            if let Some(reason) = hindrance(old).or_else(|| hindrance(new)) {
                let id = new.scenario.id.clone();
                changes.not_compared.push(NotCompared { id, reason });
                continue;
            }
            let change = change(old, new, wording);
            for group in [ALL, new.scenario.layer.as_str()] {
                changes
                    .summary
                    .entry(group.to_owned())
                    .or_default()
                    .add(&change);
            }
            if change.is_any() {
                changes.scenarios.push(change);
            }
        }
        changes.scenarios.sort_by(|one, two| one.id.cmp(&two.id));
        changes.not_compared.sort_by(|one, two| one.id.cmp(&two.id));
        changes
    }

    /// The same with scenarios that were not compared: the id of each, and why.
    #[must_use]
    pub fn without(mut self, scenarios: impl IntoIterator<Item = (String, String)>) -> Self {
        let scenarios = scenarios.into_iter();
        self.not_compared
            .extend(scenarios.map(|(id, reason)| NotCompared { id, reason }));
        self.not_compared.sort_by(|one, two| one.id.cmp(&two.id));
        self
    }

    /// As JSON, with a line end.
    ///
    /// # Errors
    ///
    /// None that is known: every key is a text.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }
}

/// The key of the counts of all layers.
pub(crate) const ALL: &str = "all";

impl Counts {
    fn add(&mut self, change: &Change) {
        self.scenarios += 1;
        self.changed += usize::from(change.is_any());
        self.exit += usize::from(!change.exit.is_empty());
        self.wording += usize::from(!change.wording.is_empty());
        self.behaviour += usize::from(!change.behaviour.is_empty());
    }
}

impl Change {
    fn is_any(&self) -> bool {
        !(self.exit.is_empty() && self.wording.is_empty() && self.behaviour.is_empty())
    }
}

/// Why a record has nothing to compare.
fn hindrance(record: &Record) -> Option<String> {
    let go = record.go.as_deref().unwrap_or("go");
    match record.verdict {
        VerdictWord::OtherGo => Some(format!("{go}: it is {}", other_go(record))),
        VerdictWord::CouldNotRun => {
            let reason = record.could_not_run.as_deref().unwrap_or("no reason given");
            Some(format!("{go}: could not run: {reason}"))
        }
        VerdictWord::AsExpected | VerdictWord::NotAsExpected => None,
    }
}

fn change(old: &Record, new: &Record, wording: &Wording) -> Change {
    let mut change = Change {
        id: new.scenario.id.clone(),
        exit: Vec::new(),
        wording: Vec::new(),
        behaviour: Vec::new(),
    };
    if old.verdict != new.verdict {
        change.behaviour.push(Changed {
            phases: Vec::new(),
            step: String::new(),
            what: "verdict",
            lines: changed_lines(&[verdict(old)], &[verdict(new)]),
        });
    }
    for after in &new.phases {
        if let Some(before) = old.phase(after.phase) {
            phase(&mut change, before, after, wording);
        }
    }
    change
}

/// Adds what changed in one phase.
fn phase(change: &mut Change, before: &PhaseRecord, after: &PhaseRecord, wording: &Wording) {
    let phase = after.phase;
    let stopped = [before, after].map(|record| vec![stopped_words(record.stopped.as_ref())]);
    add(&mut change.behaviour, phase, "", "stopped", &stopped);
    let [before, after] = [before, after].map(|record| canonicalise(&record.observation, wording));
    for (old, new) in before.steps.into_iter().zip(after.steps) {
        let title = new.title.clone();
        let steps = [&old, &new];
        let exit = steps.map(|step| step.exit.iter().map(ToString::to_string).collect());
        add(&mut change.exit, phase, &title, "exit", &exit);
        let asked = steps.map(|step| behaviour(&step.timeline));
        add(&mut change.behaviour, phase, &title, "asked", &asked);
        let files = steps.map(|step| lines::files(&step.files));
        add(&mut change.behaviour, phase, &title, "files", &files);
        let errors = [old.stderr, new.stderr];
        add(
            &mut change.wording,
            phase,
            &title,
            "stdout",
            &[old.stdout, new.stdout],
        );
        add(&mut change.wording, phase, &title, "stderr", &errors);
    }
}

/// Adds a difference where there is one; to an equal one of another phase, where there is that.
fn add(
    to: &mut Vec<Changed>,
    phase: Phase,
    step: &str,
    what: &'static str,
    [old, new]: &[Vec<String>; 2],
) {
    if old == new {
        return;
    }
    let lines = changed_lines(old, new);
    let same = |known: &&mut Changed| {
        known.step == step && known.what == what && known.lines == lines && !known.phases.is_empty()
    };
    match to.iter_mut().find(same) {
        // a command that is done twice in a phase is one place
        Some(known) if known.phases.last() == Some(&phase) => {}
        Some(known) => known.phases.push(phase),
        None => to.push(Changed {
            phases: vec![phase],
            step: step.to_owned(),
            what,
            lines,
        }),
    }
}

fn verdict(record: &Record) -> String {
    match record.verdict {
        VerdictWord::AsExpected => "as expected",
        VerdictWord::NotAsExpected => "not as expected",
        VerdictWord::CouldNotRun | VerdictWord::OtherGo => "not run",
    }
    .to_owned()
}
