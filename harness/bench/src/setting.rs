//! What every measurement needs: a toolchain, and worlds made of scenario texts.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use modfault_run::{COMPONENTS_START_WITHIN, ClockWish, Options};
use modfault_scenario::{GoVersion, ModuleLibrary, Phase, Scenario, parse};
use modfault_toolchain::{Environment, Wanted, find};
use modfault_world::{World, plan};

/// The GOPROXY of a client that asks the world's module proxy.
pub(crate) const PROXY: &str = "https://goproxy.corp.example";

/// The machine as the measurements see it.
pub(crate) struct Setting {
    /// The version of the toolchain: `1.27.3`.
    pub(crate) go: String,
    /// What phases are run with: the virtual clock, demanded, so that nothing else is measured where it is refused.
    pub(crate) options: Options,
    library: ModuleLibrary,
}

impl Setting {
    /// The newest pinned toolchain and the shared modules of this checkout.
    pub(crate) fn find() -> Result<Self, Box<dyn Error>> {
        let environment = Environment::new(std::env::vars());
        let wanted = Wanted::Version(modfault_toolchain::newest_pinned().clone());
        let toolchain = find(&wanted, &environment, &mut |_| {
            std::ops::ControlFlow::Continue(())
        })?;
        let modules = scenarios().join("modules");
        let mut files = Vec::new();
        read_tree(&modules, &modules, &mut files)?;
        Ok(Self {
            go: toolchain.version.to_string(),
            options: Options {
                toolchain: toolchain.root.clone(),
                go: toolchain.version.tag(),
                cache: environment
                    .cache_dir()
                    .ok_or("there is no home for a cache")?,
                search_path: std::env::var_os("PATH").unwrap_or_default(),
                components_start_within: COMPONENTS_START_WITHIN,
                lent: Vec::new(),
                clock: ClockWish::Virtual,
                cancel: CancellationToken::new(),
            },
            library: ModuleLibrary::from_files(files),
        })
    }

    /// The shared modules.
    pub(crate) fn library(&self) -> &ModuleLibrary {
        &self.library
    }

    /// The control world of a scenario in which a client with this GOPROXY does `run`, next to a module proxy and a git
    /// server.
    pub(crate) fn world(&self, run: &str, goproxy: &str) -> Result<World, Box<dyn Error>> {
        let text = format!(
            r#"
description = "What is measured."
[client]
run = "{run}"
env.GOPROXY = "{goproxy}"
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
[hosts."git.corp.example"]
git.repos = ["git.corp.example/team/secret"]
[[fault]]
on = "goproxy.corp.example"
goproxy = "not-found"
[expect]
stderr = ["any"]
[[fix]]
title = "The file is there"
lift = true
"#
        );
        self.control(&self.parsed("goproxy/bench.toml", &text)?)
    }

    /// The control world of one command, a module proxy, and a host that is a real program.
    pub(crate) fn world_with(&self, run: &str, component: &str) -> Result<World, Box<dyn Error>> {
        let text = format!(
            r#"
description = "What is measured."
[client]
run = "{run}"
[hosts."goproxy.corp.example"]
goproxy.modules = ["example.com/greet"]
[hosts."program.corp.example".component]
{component}
[[fault]]
on = "goproxy.corp.example"
goproxy = "not-found"
[expect]
stderr = ["any"]
[[fix]]
title = "The file is there"
lift = true
"#
        );
        self.control(&self.parsed("goproxy/bench.toml", &text)?)
    }

    /// A scenario of this checkout.
    pub(crate) fn scenario(&self, id: &str) -> Result<Scenario, Box<dyn Error>> {
        let path = format!("{id}.toml");
        let text = fs::read_to_string(scenarios().join(&path))?;
        self.parsed(&path, &text)
    }

    /// The world of its control phase.
    pub(crate) fn control(&self, scenario: &Scenario) -> Result<World, Box<dyn Error>> {
        let go: GoVersion = self.go.parse().map_err(|_| "a version without numbers")?;
        Ok(plan(scenario, Phase::Control, go))
    }

    /// What phases are run with, on a clock.
    pub(crate) fn on(&self, clock: ClockWish) -> Options {
        Options {
            clock,
            ..self.options.clone()
        }
    }

    fn parsed(&self, path: &str, text: &str) -> Result<Scenario, Box<dyn Error>> {
        parse(path, text, &self.library)
            .map_err(|diagnostics| format!("{path}: {diagnostics:?}").into())
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
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_tree(root, &path, into)?;
        } else {
            into.push((
                path.strip_prefix(root)?.display().to_string(),
                fs::read_to_string(&path)?,
            ));
        }
    }
    Ok(())
}
