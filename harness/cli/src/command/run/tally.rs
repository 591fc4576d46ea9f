//! What has come of a run so far.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::failure::{Ending, Failure};
use modfault_outcome::{Reason, compare};
use modfault_report::{ReasonRecord, Record, VerdictWord};
use modfault_suite::{Hindrance, Ran};

/// The records so far, with what is needed to judge the run as a whole.
pub(in crate::command) struct Tally {
    /// What each task runs, by its place.
    keys: Vec<String>,
    /// The first canonical form of each.
    first: BTreeMap<String, String>,
    /// Of what a record is kept with everything that was seen.
    shown: BTreeSet<String>,
    records: BTreeMap<usize, Record>,
    hindrance: Option<Failure>,
}

impl Tally {
    /// A run of tasks with these keys; equal ones are repetitions of the same.
    pub(in crate::command) fn new(keys: Vec<String>) -> Self {
        Self {
            keys,
            first: BTreeMap::new(),
            shown: BTreeSet::new(),
            records: BTreeMap::new(),
            hindrance: None,
        }
    }

    /// Holds a result against the first one of the same scenario on the same toolchain: they must be the same.
    pub(in crate::command) fn steady(&mut self, index: usize, mut ran: Ran) -> Ran {
        if ran.canonical.is_empty() {
            return ran;
        }
        let first = match self.first.entry(self.keys[index].clone()) {
            Entry::Vacant(place) => {
                place.insert(ran.canonical.clone());
                return ran;
            }
            Entry::Occupied(first) => first.into_mut(),
        };
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
    pub(in crate::command) fn is_bad(ran: &Ran) -> bool {
        ran.record.verdict == VerdictWord::NotAsExpected
    }

    /// Takes a result in; whether the run should stop at it. Of a repetition that is as expected only that is kept: what it showed is
    /// what the first one shows, and fifty times all would fill the memory.
    pub(in crate::command) fn add(&mut self, index: usize, ran: Ran, fail_fast: bool) -> bool {
        let mut stop = fail_fast && Self::is_bad(&ran);
        let mut record = ran.record;
        if record.verdict == VerdictWord::AsExpected && !self.shown.insert(self.keys[index].clone())
        {
            record.phases = Vec::new();
        }
        self.records.insert(index, record);
        match ran.hindrance {
            Some(Hindrance::Machine(error)) => {
                self.hindrance = Some(error.into());
                stop = true;
            }
            Some(Hindrance::Failed(error)) => {
                self.hindrance.get_or_insert_with(|| error.into());
            }
            Some(Hindrance::Interrupted) | None => {}
        }
        stop
    }

    /// How many tasks came to nothing.
    pub(in crate::command) fn not_run(&self) -> usize {
        self.keys.len() - self.records.len()
    }

    /// How the run ends: what could not be run for want of a program, a probe too, fails it only where `strict`, or where nothing was run.
    pub(in crate::command) fn ending(&self, strict: bool) -> Ending {
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
        let probes = self
            .records
            .values()
            .flat_map(Record::probes_not_run)
            .count();
        let concerned = self.records.len() - count(VerdictWord::OtherGo);
        if self.hindrance.is_some()
            || (could_not > 0 && (strict || could_not == concerned))
            || (probes > 0 && strict)
        {
            return Ending::Machine;
        }
        Ending::AsExpected
    }

    /// The records in the order of the tasks, and the first error that stood in the way.
    pub(in crate::command) fn into_parts(self) -> (Vec<Record>, Option<Failure>) {
        (self.records.into_values().collect(), self.hindrance)
    }
}

#[cfg(test)]
mod tests {
    use modfault_outcome::{Cost, Observation, ObservedClock};
    use modfault_report::{Card, PhaseRecord};
    use modfault_scenario::{ModuleLibrary, Phase, parse, template};
    use modfault_suite::Error;
    use modfault_world::plan;

    use super::*;

    fn ran(verdict: VerdictWord, canonical: &str) -> Ran {
        let text = template("http/mine");
        let scenario = parse("http/mine.toml", &text, &ModuleLibrary::default()).unwrap();
        let world = plan(
            &scenario,
            Phase::Fault,
            modfault_scenario::GoVersion::new(1, 27, 0),
        );
        let mut record = Record::could_not_run(Card::new(&scenario, &world), "a reason");
        record.verdict = verdict;
        Ran {
            record,
            canonical: canonical.to_owned(),
            tools: BTreeMap::new(),
            blessed: None,
            hindrance: None,
        }
    }

    fn tally(verdicts: &[VerdictWord]) -> Tally {
        let keys = (0..verdicts.len()).map(|n| n.to_string()).collect();
        let mut tally = Tally::new(keys);
        for (index, verdict) in verdicts.iter().enumerate() {
            tally.add(index, ran(*verdict, ""), false);
        }
        tally
    }

    use VerdictWord::{AsExpected, CouldNotRun, NotAsExpected, OtherGo};

    #[test]
    fn what_cannot_be_run_for_want_of_a_program_fails_only_in_ci_or_when_nothing_else_is_run() {
        assert_eq!(
            tally(&[AsExpected, CouldNotRun]).ending(false),
            Ending::AsExpected
        );
        assert_eq!(
            tally(&[AsExpected, CouldNotRun]).ending(true),
            Ending::Machine
        );
        assert_eq!(tally(&[CouldNotRun]).ending(false), Ending::Machine);
        assert_eq!(
            tally(&[NotAsExpected, CouldNotRun]).ending(true),
            Ending::NotAsExpected
        );
        assert_eq!(tally(&[]).ending(true), Ending::AsExpected);
        assert_eq!(
            tally(&[CouldNotRun, OtherGo]).ending(false),
            Ending::Machine
        );
        assert_eq!(tally(&[OtherGo]).ending(true), Ending::AsExpected);
    }

    #[test]
    fn an_error_of_the_machine_is_never_a_verdict() {
        let mut tally = tally(&[AsExpected]);
        tally.keys.push("1".into());
        let mut failed = ran(CouldNotRun, "");
        failed.hindrance = Some(Hindrance::Failed(Error::Thread(std::io::Error::other(
            "no more threads",
        ))));
        assert!(
            !tally.add(1, failed, true),
            "the others are run all the same"
        );
        assert_eq!(tally.ending(false), Ending::Machine);
    }

    #[test]
    fn a_machine_that_can_make_no_world_stops_the_run() {
        let mut tally = Tally::new(vec!["a".into(), "b".into()]);
        let mut refused = ran(CouldNotRun, "");
        refused.hindrance = Some(Hindrance::Machine(Error::Thread(std::io::Error::other(
            "no more threads",
        ))));
        assert!(tally.add(0, refused, false));
        assert_eq!(tally.not_run(), 1);
    }

    #[test]
    fn a_repetition_that_shows_something_else_is_not_as_expected() {
        let keys = ["a", "b", "a"].map(str::to_owned).to_vec();
        let mut tally = Tally::new(keys);
        assert!(!Tally::is_bad(
            &tally.steady(0, ran(AsExpected, "exit 1\n"))
        ));
        assert!(
            !Tally::is_bad(&tally.steady(1, ran(AsExpected, "exit 2\n"))),
            "another one"
        );
        let again = tally.steady(2, ran(AsExpected, "exit 3\n"));
        assert!(Tally::is_bad(&again));
        assert_eq!(again.record.reasons[0].rule, "not-repeatable");
    }

    #[test]
    fn of_a_repetition_that_is_as_expected_nothing_more_is_kept() {
        let mut tally = Tally::new(vec!["a".into(); 3]);
        for (index, verdict) in [AsExpected, AsExpected, NotAsExpected]
            .into_iter()
            .enumerate()
        {
            let mut ran = ran(verdict, "exit 1\n");
            ran.record.phases = vec![control()];
            let ran = tally.steady(index, ran);
            tally.add(index, ran, false);
        }
        let (records, _) = tally.into_parts();
        let kept: Vec<usize> = records.iter().map(|record| record.phases.len()).collect();
        assert_eq!(kept, [1, 0, 1], "what is wrong is kept whole");
    }

    fn control() -> PhaseRecord {
        PhaseRecord {
            phase: Phase::Control,
            title: String::new(),
            faults: Vec::new(),
            stopped: None,
            observation: Observation {
                phase: Phase::Control,
                go: "go1.27.3".to_owned(),
                tools: BTreeMap::new(),
                placed: Vec::new(),
                steps: Vec::new(),
                probes: Vec::new(),
                components: BTreeMap::new(),
                bindings: BTreeMap::new(),
                clock: ObservedClock::Real { reason: None },
                cost: Cost::default(),
            },
        }
    }
}
