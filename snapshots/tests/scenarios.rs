//! Every scenario on some Go of the suite, each a test of its own: `tls/expired` on the newest, `tls/expired@1.21` on another.
//! `MODFAULT_GO=all` takes every pinned version, `MODFAULT_GO=1.24,1.23` these.
//!
//! A test runs all phases in worlds of their own, judges, and compares with what is recorded here. What differs is left as a
//! `.snap.new` for `cargo insta review`; `INSTA_UPDATE` works as everywhere. A world that cannot be made is a failure, never a
//! skip. Ignored, each with its reason, are only the tests of a machine without Linux, where there are no worlds, and of a
//! scenario that needs a program which the machine does not have (git apart: nothing works without it); and not even these
//! where `CI` or `MODFAULT_REQUIRE_WORLD` is set. `MODFAULT_CLOCK=real` or `virtual` chooses the clock, as `--clock` does: what
//! is recorded is the same on both.

mod bench;

use std::collections::BTreeMap;
use std::env;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use bench::{Bench, say};
use modfault_outcome::{Reason, SnapFile};
use modfault_report::{Record, VerdictWord, problem};
use modfault_suite::recorded::variant_name;
use modfault_suite::{
    Available, Case, ClockWish, Collection, Error, Probes, Ran, Snapshots, Task, cases, clock, pace,
};
use modfault_toolchain::{GoVersion, newest_pinned, suite, usual};

fn main() -> ExitCode {
    // most of a test's time goes to the commands that it runs, and on the real clock some of these wait
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    bench::run((4 * cores).max(8), |bench| {
        let wish = match env::var("MODFAULT_CLOCK").as_deref() {
            Ok("real") => ClockWish::Real,
            Ok("virtual") => ClockWish::Virtual,
            Ok(_) | Err(_) => ClockWish::Auto,
        };
        let scenarios = Scenarios {
            bench,
            wish,
            clock: clock_of(wish),
        };
        Arc::new(scenarios).trials()
    })
}

/// Every scenario on a clock.
struct Scenarios {
    bench: Arc<Bench>,
    wish: ClockWish,
    clock: Available,
}

impl Scenarios {
    /// One test a scenario and toolchain, those that wait first, and the two that hold scenarios against snapshots.
    fn trials(self: Arc<Self>) -> Result<Vec<Trial>, Error> {
        let cases = cases(&[], &self.bench.home)?;
        let names = Names::new(&cases, &self.bench.home)?;
        let mut waiting: Vec<(Duration, Trial)> = Vec::new();
        let asked = env::var("MODFAULT_GO").unwrap_or_default();
        let versions = match versions(&asked) {
            Ok(versions) => versions,
            Err(wrong) => {
                let trial = Trial::test("MODFAULT_GO", move || Err(wrong.into()));
                return Ok(vec![trial]);
            }
        };
        for version in versions {
            for case in &cases {
                let id = case.id();
                let name = if version == newest_pinned() {
                    id.to_owned()
                } else {
                    format!("{id}@1.{}", version.minor())
                };
                let go = version.to_string().parse().ok();
                let wait = go.map_or(Duration::ZERO, |go| {
                    pace::wait(&case.scenario, go, self.clock)
                });
                let other_go = || {
                    let range = case.scenario.go.as_ref()?;
                    go.is_some_and(|go| !range.contains(go))
                        .then(|| format!("about Go {range} alone"))
                };
                let all = Arc::clone(&self);
                let needed = other_go().or_else(|| self.bench.hindrance(case));
                let case = case.clone();
                let trial = Trial::test(name, move || all.test(case, version));
                waiting.push((
                    wait,
                    match needed {
                        Some(needed) => trial.with_kind(needed).with_ignored_flag(true),
                        None => trial,
                    },
                ));
            }
        }
        waiting.sort_by_key(|(wait, _)| std::cmp::Reverse(*wait));
        let mut trials: Vec<Trial> = waiting.into_iter().map(|(_, trial)| trial).collect();
        let names = Arc::new(names);
        let other = Arc::clone(&names);
        trials.push(Trial::test("every_scenario_has_a_snapshot", move || {
            names.every_scenario_has_a_snapshot()
        }));
        trials.push(Trial::test("every_snapshot_has_a_scenario", move || {
            other.every_snapshot_has_a_scenario()
        }));
        Ok(trials)
    }

    fn test(&self, case: Case, version: &GoVersion) -> Result<(), Failed> {
        let machine = self.bench.machine(self.wish)?;
        let compare = Snapshots::Compare;
        let task = self
            .bench
            .task(case, version, &machine, self.clock, compare, Probes::Run)?;
        let toolchain = &task.toolchain;
        let ran = modfault_suite::run(&task, |world, phase| {
            machine.run_phase(world, phase, toolchain)
        })
        .ok_or("interrupted")?;
        self.judged(&task, &ran)
    }

    /// A failure where the verdict is anything but as expected. insta has the last word about a difference alone.
    fn judged(&self, task: &Task, ran: &Ran) -> Result<(), Failed> {
        if let Some(reason) = &ran.record.could_not_run {
            return Err(format!("could not run: {reason}").into());
        }
        if self.bench.is_strict()
            && let Some((probe, why)) = ran.record.probes_not_run().next()
        {
            return Err(format!("the probe `{probe}` was not run: {why}").into());
        }
        if ran.record.verdict == VerdictWord::AsExpected {
            return Ok(());
        }
        let told = anstream::adapter::strip_str(&problem(&ran.record)).to_string();
        say(&format!("{told}{}", raw(&ran.record)));
        let about_the_snapshot =
            |rule: &str| rule == "snapshot" || rule == Reason::NoSnapshot.rule();
        if ran
            .record
            .reasons
            .iter()
            .all(|reason| about_the_snapshot(&reason.rule))
        {
            self.assert(task, &ran.canonical);
            return Ok(());
        }
        let messages: Vec<&str> = ran
            .record
            .reasons
            .iter()
            .map(|reason| reason.message.as_str())
            .collect();
        Err(messages.join("\n").into())
    }

    /// insta's own assertion, so that reviewing and updating are as everywhere.
    fn assert(&self, task: &Task, canonical: &str) {
        let id = task.case.id();
        let name = if task.toolchain.version.same_minor(newest_pinned()) {
            id.to_owned()
        } else {
            variant_name(id, &task.toolchain)
        };
        let (layer, name) = name.split_once('/').unwrap_or((".", &name));
        let file = SnapFile::new(id, canonical);
        insta::with_settings!({
            snapshot_path => bench::root().join("snapshots").join(layer),
            prepend_module_to_snapshot => false,
            input_file => bench::root().join(&file.input_file),
        }, {
            insta::assert_snapshot!(name, file.contents, &file.expression);
        });
    }
}

/// The clock that worlds have; one line says where the virtual one cannot be had. Whoever demands that has every test fail.
fn clock_of(wish: ClockWish) -> Available {
    if !cfg!(target_os = "linux") || wish == ClockWish::Real {
        return Available::Real;
    }
    match clock::refused() {
        None => Available::Virtual,
        Some(refused) => {
            say(&format!("note: {refused}\n"));
            Available::Real
        }
    }
}

/// The names of scenarios, and those of snapshots.
struct Names {
    scenarios: Vec<String>,
    /// Recorded texts, by name.
    snapshots: BTreeMap<String, String>,
}

impl Names {
    fn new(cases: &[Case], home: &Collection) -> Result<Self, Error> {
        let mut snapshots = BTreeMap::new();
        for name in home.snapshot_names()? {
            if let Some(text) = home.snapshot(&name)? {
                snapshots.insert(name, text);
            }
        }
        Ok(Self {
            scenarios: cases.iter().map(|case| case.id().to_owned()).collect(),
            snapshots,
        })
    }

    fn every_scenario_has_a_snapshot(&self) -> Result<(), Failed> {
        let without = self
            .scenarios
            .iter()
            .filter(|id| !self.snapshots.contains_key(*id))
            .map(|id| format!("`{id}` has no snapshot: `modfault run {id} --bless` records it"));
        none(without)
    }

    fn every_snapshot_has_a_scenario(&self) -> Result<(), Failed> {
        let wrong = self.snapshots.iter().filter_map(|(name, text)| {
            let (id, variant) = match name.split_once('@') {
                Some((id, variant)) => (id, Some(variant)),
                None => (name.as_str(), None),
            };
            if !self.scenarios.iter().any(|known| known == id) {
                return Some(format!("`{name}` belongs to no scenario"));
            }
            let variant = variant?;
            let of_suite = |version: &GoVersion| variant == format!("1.{}", version.minor());
            if !suite().iter().any(of_suite) {
                return Some(format!("`{name}` is for no Go of the suite"));
            }
            let contents = |text: &String| SnapFile::parse(text).ok().map(|file| file.contents);
            let newer = self.inherited(id, variant);
            let inherited = self.snapshots.get(&newer).and_then(contents);
            (inherited.is_some() && inherited == contents(text))
                .then(|| format!("`{name}` is like `{newer}`, which holds for it too: remove it"))
        });
        none(wrong)
    }

    /// The snapshot that holds for a version of Go (`1.21`) unless it has one of its own.
    fn inherited(&self, id: &str, variant: &str) -> String {
        let newer = suite()
            .iter()
            .rev()
            .map(|version| format!("1.{}", version.minor()));
        newer
            .skip_while(|minor| minor != variant)
            .skip(1)
            .map(|minor| format!("{id}@{minor}"))
            .find(|name| self.snapshots.contains_key(name))
            .unwrap_or_else(|| id.to_owned())
    }
}

/// The versions of the suite that `asked` means: `all`, some with commas, or nothing for the usual ones.
fn versions(asked: &str) -> Result<Vec<&'static GoVersion>, String> {
    match asked {
        "" => Ok(usual().iter().collect()),
        "all" => Ok(suite().iter().collect()),
        some => some
            .split(',')
            .map(|word| {
                let wanted: Option<GoVersion> = word.parse().ok();
                let mut suite = suite().iter();
                suite
                    .find(|known| {
                        wanted
                            .as_ref()
                            .is_some_and(|wanted| known.same_minor(wanted))
                    })
                    .ok_or_else(|| format!("`{word}` in MODFAULT_GO is no Go of the suite"))
            })
            .collect(),
    }
}

fn none(problems: impl Iterator<Item = String>) -> Result<(), Failed> {
    let problems: Vec<String> = problems.collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n").into())
    }
}

/// What each command printed, as it did.
fn raw(record: &Record) -> String {
    let mut text = String::new();
    for phase in &record.phases {
        for step in &phase.observation.steps {
            text.push_str(&format!("--- {} raw: {}\n", phase.phase, step.title));
            text.push_str(&step.stdout);
            text.push_str(&step.stderr);
        }
    }
    text
}
