//! What has come of a run so far.

use std::collections::BTreeMap;

use super::NamedTask;
use crate::engine::{Hindrance, Ran};
use crate::failure::{Ending, Failure};
use modfault_outcome::{Reason, compare};
use modfault_report::{ReasonRecord, Record, VerdictWord};

/// The records so far, with what is needed to judge the run as a whole.
pub(super) struct Tally {
    /// What is run again and again, by the place of its tasks: scenario, collection and toolchain in words.
    keys: Vec<String>,
    /// The first canonical form of each.
    first: BTreeMap<String, String>,
    records: BTreeMap<usize, Record>,
    hindrance: Option<Failure>,
}

impl Tally {
    pub(super) fn new(tasks: &[NamedTask]) -> Self {
        let key = |named: &NamedTask| {
            let task = &named.task;
            format!(
                "{} {:?} {}",
                task.case.id(),
                task.case.home,
                task.toolchain.root.display()
            )
        };
        Self {
            keys: tasks.iter().map(key).collect(),
            first: BTreeMap::new(),
            records: BTreeMap::new(),
            hindrance: None,
        }
    }

    /// Holds a result against the first one of the same scenario on the same toolchain: they must be the same.
    pub(super) fn steady(&mut self, index: usize, mut ran: Ran) -> Ran {
        if ran.canonical.is_empty() {
            return ran;
        }
        let first = self
            .first
            .entry(self.keys[index].clone())
            .or_insert_with(|| ran.canonical.clone());
        let told = ran
            .record
            .reasons
            .iter()
            .any(|reason| reason.rule == "snapshot");
        if let (Err(diff), false) = (compare(first, &ran.canonical, &ran.tools), told) {
            ran.record.verdict = VerdictWord::NotAsExpected;
            let mut reason = ReasonRecord::from(&Reason::Snapshot { diff });
            reason.rule = "not-repeatable".into();
            reason.message = "it does not show the same each time".into();
            ran.record.reasons.push(reason);
        }
        ran
    }

    /// Whether a result is one that the last line counts as bad.
    pub(super) fn is_bad(ran: &Ran) -> bool {
        ran.record.verdict == VerdictWord::NotAsExpected
    }

    /// Takes a result in; whether the run should stop at it.
    pub(super) fn add(&mut self, index: usize, ran: Ran, fail_fast: bool) -> bool {
        let mut stop = fail_fast && Self::is_bad(&ran);
        self.records.insert(index, ran.record);
        match ran.hindrance {
            Some(Hindrance::Machine(failure)) => {
                self.hindrance = Some(failure);
                stop = true;
            }
            Some(Hindrance::Failed(failure)) => {
                self.hindrance.get_or_insert(failure);
            }
            Some(Hindrance::Interrupted) | None => {}
        }
        stop
    }

    /// How many tasks came to nothing.
    pub(super) fn not_run(&self) -> usize {
        self.keys.len() - self.records.len()
    }

    /// How the run ends: what could not be run for want of a program fails it only where `strict`, or where nothing was run.
    pub(super) fn ending(&self, strict: bool) -> Ending {
        let count = |verdict| {
            self.records
                .values()
                .filter(|record| record.verdict == verdict)
                .count()
        };
        if count(VerdictWord::NotAsExpected) > 0 {
            return Ending::NotAsExpected;
        }
        let could_not = count(VerdictWord::CouldNotRun);
        if self.hindrance.is_some()
            || (could_not > 0 && (strict || could_not == self.records.len()))
        {
            return Ending::Machine;
        }
        Ending::AsExpected
    }

    /// The records in the order of the tasks, and the first error that stood in the way.
    pub(super) fn into_parts(self) -> (Vec<Record>, Option<Failure>) {
        (self.records.into_values().collect(), self.hindrance)
    }
}
