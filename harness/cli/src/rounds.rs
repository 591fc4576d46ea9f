//! Scenarios on several toolchains: one round each, the newest toolchain first.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::failure::Failure;
use crate::pool::{self, Event};
use crate::progress::RunProgress;
use modfault_outcome::Wording;
use modfault_suite::pace::Pace;
use modfault_suite::{Available, Case, Collection, Machine, Probes, Ran, Snapshots, Task};
use modfault_toolchain::Toolchain;

/// What every task of a run has in common.
pub(crate) struct Common {
    /// What is done about snapshots.
    pub(crate) snapshots: Snapshots,
    /// The clock of the worlds.
    pub(crate) clock: Available,
    /// How often each scenario is run.
    pub(crate) repeat: usize,
    /// Whether probes are run.
    pub(crate) probes: Probes,
}

/// Everything that is run, round by round: what is recorded of one toolchain is what the next older one is held against.
pub(crate) struct Rounds {
    rounds: Vec<Round>,
}

/// The scenarios on one toolchain.
struct Round {
    /// What is seen meanwhile.
    title: String,
    tasks: Vec<NamedTask>,
}

/// A task with its name in the output: the id, and what tells it from others of that id.
struct NamedTask {
    name: String,
    task: Task,
}

/// What came of one result.
pub(crate) struct Taken {
    /// Whether it counts as bad.
    pub(crate) is_bad: bool,
    /// Whether nothing more shall be run.
    pub(crate) stops: bool,
}

impl Rounds {
    /// Every scenario on every toolchain, as often as is wanted.
    ///
    /// # Errors
    /// The table of what tools word could not be read.
    pub(crate) fn new(
        cases: &[Case],
        toolchains: &[Toolchain],
        machine: &Machine,
        common: &Common,
    ) -> Result<Self, Failure> {
        let mut wordings: Vec<(Arc<Collection>, Arc<Wording>)> = Vec::new();
        for case in cases {
            if !wordings.iter().any(|(home, _)| *home == case.home) {
                wordings.push((Arc::clone(&case.home), Arc::new(case.home.wording()?)));
            }
        }
        let mut rounds = Vec::new();
        for toolchain in toolchains {
            let several = toolchains.len() > 1;
            let mut tasks = Vec::new();
            for repetition in 1..=common.repeat {
                for case in cases {
                    let wording = wordings
                        .iter()
                        .find(|(home, _)| *home == case.home)
                        .map(|(_, wording)| Arc::clone(wording))
                        .expect("every home's wording was read");
                    let mut name = case.id().to_owned();
                    if several {
                        name.push_str(&format!(" {}", toolchain.version.tag()));
                    }
                    if common.repeat > 1 {
                        name.push_str(&format!(" {repetition}/{}", common.repeat));
                    }
                    tasks.push(NamedTask {
                        name,
                        task: Task {
                            case: case.clone(),
                            wording,
                            toolchain: toolchain.clone(),
                            snapshots: common.snapshots,
                            lacking: machine.lacks(&case.scenario),
                            clock: common.clock,
                            probes: common.probes,
                        },
                    });
                }
            }
            rounds.push(Round {
                title: if several {
                    toolchain.version.tag()
                } else {
                    "Running".to_owned()
                },
                tasks,
            });
        }
        Ok(Self { rounds })
    }

    fn tasks(&self) -> impl Iterator<Item = &NamedTask> {
        self.rounds.iter().flat_map(|round| &round.tasks)
    }

    /// The name of each task, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.tasks().map(|named| named.name.clone()).collect()
    }

    /// For each task what is the same for each repetition of it, and for nothing else.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.tasks()
            .map(|NamedTask { task, .. }| {
                let root = task.toolchain.root.display();
                format!("{} {:?} {root}", task.case.id(), task.case.home)
            })
            .collect()
    }

    /// Runs all, as many at once as `jobs`, until `stop` is cancelled; gives each result to `take` as it comes, by its place.
    ///
    /// # Errors
    /// No thread could be started.
    pub(crate) fn work(
        self,
        machine: &Machine,
        jobs: NonZeroUsize,
        stop: &CancellationToken,
        mut take: impl FnMut(usize, Ran, &RunProgress) -> Taken,
    ) -> Result<(), Failure> {
        let names = self.names();
        let mut progress = RunProgress::new(names.len());
        let mut first = 0;
        for round in self.rounds {
            let machine = machine.clone();
            let count = round.tasks.len();
            progress.on(&round.title);
            pool::work(
                round.tasks,
                jobs,
                |named: &NamedTask| Pace::of(named.task.wait()),
                stop,
                move |_, named: &NamedTask| {
                    let toolchain = &named.task.toolchain;
                    modfault_suite::run(&named.task, |world, phase| {
                        machine.run_phase(world, phase, toolchain)
                    })
                },
                |event| match event {
                    Event::Started(index) => {
                        progress.started(first + index, names[first + index].clone());
                    }
                    Event::Tick => progress.tick(),
                    Event::Finished(index, None) => progress.finished(first + index, false),
                    Event::Finished(index, Some(ran)) => {
                        let taken = take(first + index, ran, &progress);
                        progress.finished(first + index, taken.is_bad);
                        if taken.stops {
                            stop.cancel();
                        }
                    }
                },
            )
            .map_err(Failure::machine)?;
            first += count;
            if stop.is_cancelled() {
                break;
            }
        }
        progress.finish();
        Ok(())
    }
}
