//! Every scenario on every Go of the suite, each a test of its own: `tls/expired` on the newest, `tls/expired@1.21` on another.
//!
//! A test runs all phases in worlds of their own, judges, and compares with what is recorded here. What differs is left as a
//! `.snap.new` for `cargo insta review`; `INSTA_UPDATE` works as everywhere. A world that cannot be made is a failure, never a
//! skip. Ignored, each with its reason, are only the tests of a machine without Linux, where there are no worlds, and of a
//! scenario that needs a program which the machine does not have (git apart: nothing works without it); and not even these
//! where `CI` or `MODFAULT_REQUIRE_WORLD` is set.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use tokio_util::sync::CancellationToken;

use modfault_outcome::{Reason, SnapFile, Wording};
use modfault_report::{Record, VerdictWord, problem};
use modfault_suite::machine::program;
use modfault_suite::recorded::variant_name;
use modfault_suite::{Case, Collection, Error, Machine, Ran, Snapshots, Task, cases, pace};
use modfault_toolchain::{
    Environment, GoVersion, Progress, Toolchain, Wanted, find, newest_pinned, suite,
};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let trials = match Bench::new().and_then(|bench| Arc::new(bench).trials()) {
        Ok(trials) => trials,
        Err(error) => {
            let help = error.help().unwrap_or_default();
            say(&format!("error: {}\n{help}", error.chain()));
            if let Error::BadFiles(files) = &error {
                for file in files {
                    say(&modfault_report::render_diagnostics(
                        &file.path,
                        &file.text,
                        &file.diagnostics,
                    ));
                }
            }
            return ExitCode::FAILURE;
        }
    };
    // most of a test's time goes to the commands that it runs, and some of these wait
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    arguments.test_threads.get_or_insert((4 * cores).max(8));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What all tests share.
struct Bench {
    root: PathBuf,
    home: Collection,
    wording: Arc<Wording>,
    environment: Environment,
    machine: OnceLock<Result<Machine, String>>,
    toolchains: BTreeMap<GoVersion, OnceLock<Result<Toolchain, String>>>,
}

impl Bench {
    fn new() -> Result<Self, Error> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let root = root.canonicalize().unwrap_or(root);
        let home = Collection::ours(Some(&root), &root)?;
        Ok(Self {
            wording: Arc::new(home.wording()?),
            environment: Environment::new(env::vars_os().filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            })),
            machine: OnceLock::new(),
            toolchains: suite()
                .iter()
                .map(|version| (version.clone(), OnceLock::new()))
                .collect(),
            root,
            home,
        })
    }

    /// One test a scenario and toolchain, those that wait first, and the two that hold scenarios against snapshots.
    fn trials(self: Arc<Self>) -> Result<Vec<Trial>, Error> {
        let cases = cases(&[], &self.home)?;
        let names = Names::new(&cases, &self.home)?;
        let mut waiting: Vec<(Duration, Trial)> = Vec::new();
        for version in suite() {
            for case in &cases {
                let id = case.id();
                let name = if version == newest_pinned() {
                    id.to_owned()
                } else {
                    format!("{id}@1.{}", version.minor())
                };
                let go = version.to_string().parse();
                let wait = go.map_or(Duration::ZERO, |go| pace::wait(&case.scenario, go));
                let (bench, needed) = (Arc::clone(&self), self.hindrance(case));
                let case = case.clone();
                let trial = Trial::test(name, move || bench.test(case, version));
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

    /// What a test lacks on this machine, where that is no failure.
    fn hindrance(&self, case: &Case) -> Option<String> {
        let set = |name| {
            self.environment
                .value(name)
                .is_some_and(|value| !matches!(value, "" | "0" | "false"))
        };
        if set("MODFAULT_REQUIRE_WORLD") || set("CI") {
            return None;
        }
        if !cfg!(target_os = "linux") {
            return Some("needs Linux".to_owned());
        }
        let search_path = env::var_os("PATH").unwrap_or_default();
        let needs = case.scenario.needs.iter();
        needs
            .filter(|need| *need != "git")
            .find(|need| program(&search_path, need).is_none())
            .map(|need| format!("needs {need}"))
    }

    fn test(&self, case: Case, version: &GoVersion) -> Result<(), Failed> {
        if !cfg!(target_os = "linux") {
            return Err("a world needs Linux".into());
        }
        let machine = self.machine.get_or_init(|| self.machine()).as_ref()?;
        let toolchain = self.toolchains[version]
            .get_or_init(|| self.toolchain(version))
            .as_ref()?;
        let task = Task {
            wording: Arc::clone(&self.wording),
            lacking: machine.lacks(&case.scenario),
            snapshots: Snapshots::Compare,
            toolchain: toolchain.clone(),
            case,
        };
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
            snapshot_path => self.root.join("snapshots").join(layer),
            prepend_module_to_snapshot => false,
            input_file => self.root.join(&file.input_file),
        }, {
            insta::assert_snapshot!(name, file.contents, &file.expression);
        });
    }

    fn machine(&self) -> Result<Machine, String> {
        let cache = self
            .environment
            .cache_dir()
            .ok_or("there is no directory for a cache: set HOME or MODFAULT_CACHE")?;
        let search_path = env::var_os("PATH").unwrap_or_default();
        Ok(Machine::new(cache, search_path, CancellationToken::new()))
    }

    /// A Go of the suite, fetched where it is not there; one line says that this goes on.
    fn toolchain(&self, version: &GoVersion) -> Result<Toolchain, String> {
        let mut announced = false;
        find(
            &Wanted::Version(version.clone()),
            &self.environment,
            &mut |step| {
                if let (Progress::Downloading { .. }, false) = (step, announced) {
                    say(&format!("fetching {}\n", version.tag()));
                    announced = true;
                }
                ControlFlow::Continue(())
            },
        )
        .map_err(|error| {
            let tried: Vec<String> = error.attempts().iter().map(ToString::to_string).collect();
            format!("{error}\n{}", tried.join("\n"))
        })
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
            let base = self.snapshots.get(id).and_then(contents);
            (base.is_some() && base == contents(text))
                .then(|| format!("`{name}` is like `{id}`: remove it"))
        });
        none(wrong)
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

fn say(text: &str) {
    // who closed stderr does not want to hear it
    io::stderr().write_all(text.as_bytes()).ok();
}
