//! Scenarios of this checkout, run phase by phase.

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use modfault_outcome::Observation;
use modfault_run::{COMPONENTS_START_WITHIN, ClockWish, Options, RunError, run_phase};
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, parse};
use modfault_toolchain::{Environment, Wanted, find, newest_pinned};
use modfault_world::{World, plan};

/// The newest pinned Go and the modules of this checkout.
pub(crate) struct Setting {
    version: GoVersion,
    options: Options,
    library: ModuleLibrary,
}

impl Setting {
    pub(crate) fn find() -> Self {
        let environment = Environment::new(std::env::vars());
        let wanted = Wanted::Version(newest_pinned().clone());
        let toolchain = find(&wanted, &environment, &mut |_| ControlFlow::Continue(()))
            .expect("the newest pinned Go is found or fetched");
        let mut files = Vec::new();
        let modules = scenarios().join("modules");
        read_tree(&modules, &modules, &mut files).expect("the shared modules can be read");
        Self {
            version: toolchain.version.to_string().parse().expect("a version"),
            options: Options {
                toolchain: toolchain.root.clone(),
                go: toolchain.version.tag(),
                cache: environment.cache_dir().expect("there is a home"),
                search_path: std::env::var_os("PATH").unwrap_or_default(),
                components_start_within: COMPONENTS_START_WITHIN,
                lent: Vec::new(),
                clock: ClockWish::Virtual,
                cancel: CancellationToken::new(),
            },
            library: ModuleLibrary::from_files(files),
        }
    }

    /// The world of a scenario text in `phase`.
    pub(crate) fn world(&self, text: &str, phase: Phase) -> World {
        let scenario = parse("tcp/test.toml", text, &self.library).expect("the scenario is right");
        plan(&scenario, phase, self.version)
    }

    /// The text of a scenario of this checkout.
    pub(crate) fn text(&self, id: &str) -> String {
        fs::read_to_string(scenarios().join(format!("{id}.toml"))).expect("there is this scenario")
    }

    pub(crate) fn run(&self, world: &World, phase: Phase, clock: ClockWish) -> Observation {
        let options = Options {
            clock,
            ..self.options.clone()
        };
        run_phase(world, phase, &options).expect("the world can be run")
    }

    /// Runs the fault phase on the virtual clock, until `cancel` ends it.
    pub(crate) fn run_until(
        &self,
        world: &World,
        cancel: CancellationToken,
    ) -> Result<Observation, RunError> {
        let options = Options {
            cancel,
            ..self.options.clone()
        };
        run_phase(world, Phase::Fault, &options)
    }
}

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn read_tree(
    root: &Path,
    directory: &Path,
    into: &mut Vec<(String, String)>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_tree(root, &path, into)?;
        } else {
            let name = path.strip_prefix(root)?.display().to_string();
            into.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
