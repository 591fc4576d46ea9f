//! What the tests of this room share: the scenarios, this machine, and the toolchains, each found once.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Trial};
use tokio_util::sync::CancellationToken;

use modfault_outcome::Wording;
use modfault_suite::machine::program;
use modfault_suite::{
    Available, Case, ClockWish, Collection, Error, Machine, Probes, Snapshots, Task,
};
use modfault_toolchain::{Environment, GoVersion, Progress, Toolchain, Wanted, find, suite};

/// What all tests share.
pub(crate) struct Bench {
    /// The scenarios and snapshots of this checkout.
    pub(crate) home: Collection,
    wording: Arc<Wording>,
    environment: Environment,
    machine: OnceLock<Result<Machine, String>>,
    toolchains: BTreeMap<GoVersion, OnceLock<Result<Toolchain, String>>>,
}

impl Bench {
    /// This checkout, on this machine.
    pub(crate) fn new() -> Result<Self, Error> {
        let root = root();
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
            home,
        })
    }

    /// Whether what the machine cannot do is a failure.
    pub(crate) fn is_strict(&self) -> bool {
        let set = |name| {
            self.environment
                .value(name)
                .is_some_and(|value| !matches!(value, "" | "0" | "false"))
        };
        set("MODFAULT_REQUIRE_WORLD") || set("CI")
    }

    /// What a test lacks on this machine, where that is no failure.
    pub(crate) fn hindrance(&self, case: &Case) -> Option<String> {
        if self.is_strict() {
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

    /// The machine, with the clock that is wished for.
    pub(crate) fn machine(&self, clock: ClockWish) -> Result<Machine, String> {
        if !cfg!(target_os = "linux") {
            return Err("a world needs Linux".to_owned());
        }
        let machine = self.machine.get_or_init(|| {
            let cache = self
                .environment
                .cache_dir()
                .ok_or("there is no directory for a cache: set HOME or MODFAULT_CACHE")?;
            let search_path = env::var_os("PATH").unwrap_or_default();
            let cancel = CancellationToken::new();
            Ok(Machine::new(cache, search_path, ClockWish::Auto, cancel))
        });
        Ok(machine.as_ref()?.on(clock))
    }

    /// A scenario on a Go of the suite.
    pub(crate) fn task(
        &self,
        case: Case,
        version: &GoVersion,
        machine: &Machine,
        clock: Available,
        snapshots: Snapshots,
        probes: Probes,
    ) -> Result<Task, String> {
        let toolchain = self.toolchains[version]
            .get_or_init(|| self.toolchain(version))
            .as_ref()?;
        Ok(Task {
            wording: Arc::clone(&self.wording),
            lacking: machine.lacks(&case.scenario),
            snapshots,
            clock,
            probes,
            toolchain: toolchain.clone(),
            case,
        })
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

/// The checkout.
pub(crate) fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().unwrap_or(root)
}

/// The program of a test target: the trials of a bench, or what is wrong with the scenarios. `threads` tests run at once unless
/// the command line says otherwise.
pub(crate) fn run(
    threads: usize,
    trials: impl FnOnce(Arc<Bench>) -> Result<Vec<Trial>, Error>,
) -> ExitCode {
    let mut arguments = Arguments::from_args();
    let trials = match Bench::new().and_then(|bench| trials(Arc::new(bench))) {
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
    arguments.test_threads.get_or_insert(threads);
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Says something beside the results.
pub(crate) fn say(text: &str) {
    // who closed stderr does not want to hear it
    io::stderr().write_all(text.as_bytes()).ok();
}
