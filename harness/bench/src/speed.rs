//! Simulated seconds per real second.

use std::collections::BTreeMap;
use std::time::Duration;

use modfault_outcome::Observation;

use crate::report::{Ran, hangs, real, waits};

/// How a wait comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// By a deadline of somebody's.
    Deadline,
    /// Never: the command is killed.
    Never,
}

impl Ending {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Deadline => "by a deadline",
            Self::Never => "never",
        }
    }
}

/// What was simulated in which real time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Speed {
    /// How many phases it is about.
    pub(crate) phases: usize,
    /// Their time on the world's clock.
    pub(crate) simulated: Duration,
    /// Their time in reality, worlds made and taken down included.
    pub(crate) real: Duration,
}

/// The speed of scenarios that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Speeds {
    /// All their phases: control and fixes, which wait for nothing, cost real time too.
    pub(crate) whole: Speed,
    /// The phases that wait.
    pub(crate) waiting: Speed,
}

impl Speed {
    /// Simulated seconds per real second.
    pub(crate) fn ratio(self) -> f64 {
        self.simulated.as_secs_f64() / self.real.as_secs_f64()
    }

    fn add(&mut self, other: Self) {
        self.phases += other.phases;
        self.simulated += other.simulated;
        self.real += other.real;
    }
}

impl Speeds {
    /// Both groups together.
    pub(crate) fn plus(mut self, other: Self) -> Self {
        self.whole.add(other.whole);
        self.waiting.add(other.waiting);
        self
    }
}

/// The speed of those `rans` that wait on a clock of their own, by how their waits end. `patience` is how long the real clock
/// would let a command of a scenario hang: how long it is watched on its own clock is arbitrary and would count for nothing.
pub(crate) fn speeds<'a>(
    rans: impl IntoIterator<Item = &'a Ran>,
    patience: &BTreeMap<String, Duration>,
) -> BTreeMap<Ending, Speeds> {
    let mut speeds: BTreeMap<Ending, Speeds> = BTreeMap::new();
    for ran in rans {
        if !ran.waits() || ran.real_clock().is_some() {
            continue;
        }
        let ending = if ran.hangs() {
            Ending::Never
        } else {
            Ending::Deadline
        };
        let patience = patience.get(&ran.id).copied().unwrap_or_default();
        let sums = speeds.entry(ending).or_default();
        for phase in &ran.phases {
            let speed = Speed {
                phases: 1,
                simulated: simulated(phase, patience),
                real: real(phase),
            };
            sums.whole.add(speed);
            if waits(phase) {
                sums.waiting.add(speed);
            }
        }
    }
    speeds
}

/// The time that a phase would have taken on the real clock, as far as it is a wait.
fn simulated(phase: &Observation, patience: Duration) -> Duration {
    let steps = phase.steps.iter();
    steps
        .map(|step| if hangs(step) { patience } else { step.took })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{phase, ran};

    #[test]
    fn a_wait_of_thirty_seconds_in_a_quarter_of_one_is_a_hundred_and_twenty_times() {
        let speeds = speeds(
            [&ran(
                "tcp/a",
                vec![
                    phase("virtual", &[Some(0)], [10, 30, 10]),
                    phase("virtual", &[Some(30)], [50, 150, 50]),
                ],
            )],
            &BTreeMap::new(),
        );
        let of = speeds[&Ending::Deadline];
        assert_eq!((of.waiting.phases, of.waiting.ratio()), (1, 120.0));
        assert_eq!((of.whole.phases, of.whole.ratio()), (2, 100.0));
        assert!(!speeds.contains_key(&Ending::Never));
    }

    #[test]
    fn who_hangs_counts_with_the_patience_of_the_real_clock() {
        let hanging = ran(
            "tcp/b",
            vec![phase("virtual", &[Some(2), None], [10, 80, 10])],
        );
        let patience = BTreeMap::from([("tcp/b".to_owned(), Duration::from_secs(5))]);
        let of = speeds([&hanging], &patience)[&Ending::Never];
        assert_eq!(of.waiting.simulated, Duration::from_secs(7));
        assert_eq!(of.waiting.ratio(), 70.0);
    }

    #[test]
    fn who_needs_the_real_clock_and_who_does_not_wait_count_nowhere() {
        let real = ran("tcp/c", vec![phase("kernel", &[Some(3)], [1, 3000, 1])]);
        let quick = ran("tcp/d", vec![phase("virtual", &[Some(0)], [1, 1, 1])]);
        assert!(speeds([&real, &quick], &BTreeMap::new()).is_empty());
    }

    #[test]
    fn both_groups_together_add_their_times_and_not_their_ratios() {
        let speed = |simulated, real| Speeds {
            whole: Speed {
                phases: 1,
                simulated: Duration::from_secs(simulated),
                real: Duration::from_secs(real),
            },
            ..Speeds::default()
        };
        let both = speed(100, 1).plus(speed(10, 10));
        assert_eq!(both.whole.ratio(), 10.0);
    }
}
