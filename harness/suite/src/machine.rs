//! The way to the worlds of this machine: the only file that knows how a phase is really run.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::clock::{Available, ClockWish, Refused, available, refused};
use crate::engine::Hindrance;
use crate::error::Error;
use modfault_outcome::Observation;
use modfault_run::{COMPONENTS_START_WITHIN, Options, RunError};
use modfault_scenario::{KnownComponent, Phase, Scenario};
use modfault_toolchain::Toolchain;
use modfault_world::World;

pub use modfault_run::{component_program, component_version};

/// What worlds are made with.
#[derive(Clone, Debug)]
pub struct Machine {
    cache: PathBuf,
    search_path: OsString,
    clock: ClockWish,
    cancel: CancellationToken,
}

impl Machine {
    /// Worlds on this machine. What they keep is in `cache`, where the leavings of a killed run are swept away first; git and
    /// other programs are found on `search_path`; they have the clock that `clock` wishes for; `cancel` ends every world.
    pub fn new(
        cache: PathBuf,
        search_path: OsString,
        clock: ClockWish,
        cancel: CancellationToken,
    ) -> Self {
        modfault_run::sweep(&cache);
        Self {
            cache,
            search_path,
            clock,
            cancel,
        }
    }

    /// The same machine, on which worlds have another clock.
    #[must_use]
    pub fn on(&self, clock: ClockWish) -> Self {
        Self {
            clock,
            ..self.clone()
        }
    }

    /// The clock that worlds have here which do not need the real one.
    ///
    /// # Errors
    /// The virtual one is demanded, and cannot be had.
    pub fn clock(&self) -> Result<Available, Refused> {
        match self.clock {
            // nobody needs to try what nobody wants
            ClockWish::Real => Ok(Available::Real),
            wish @ (ClockWish::Auto | ClockWish::Virtual) => available(wish, refused().as_ref()),
        }
    }

    /// The first program that a scenario needs and the machine does not have.
    pub fn lacks(&self, scenario: &Scenario) -> Option<String> {
        scenario
            .needs
            .iter()
            .find(|need| self.program(need).is_none())
            .cloned()
    }

    /// Where a program is that a scenario needs; a known real program also where an administrator has it, or modfault keeps it.
    fn program(&self, need: &str) -> Option<PathBuf> {
        match KnownComponent::named(need) {
            Some(known) => component_program(&self.search_path, &self.cache, known.name),
            None => program(&self.search_path, need),
        }
    }

    /// Runs one phase in a world of its own.
    ///
    /// # Errors
    /// Why it came to no observation.
    pub fn run_phase(
        &self,
        world: &World,
        phase: Phase,
        toolchain: &Toolchain,
    ) -> Result<Observation, Hindrance> {
        modfault_run::run_phase(world, phase, &self.options(toolchain)).map_err(hindrance)
    }

    /// What worlds are made with, `toolchain` in them.
    pub(crate) fn options(&self, toolchain: &Toolchain) -> Options {
        Options {
            clock: self.clock,
            toolchain: toolchain.root.clone(),
            go: toolchain.version.tag(),
            cache: self.cache.clone(),
            search_path: self.search_path.clone(),
            components_start_within: COMPONENTS_START_WITHIN,
            lent: Vec::new(),
            cancel: self.cancel.clone(),
        }
    }
}

/// What a world that came to nothing says of the machine.
pub(crate) fn hindrance(error: RunError) -> Hindrance {
    match error {
        RunError::Interrupted => Hindrance::Interrupted,
        RunError::Sandbox(_) | RunError::Clock { .. } => Hindrance::Machine(Error::World(error)),
        // without git, scenarios without a repository can still be run
        _ => Hindrance::Failed(Error::World(error)),
    }
}

/// Where a program is on a `PATH`.
pub fn program(search_path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(search_path)
        .map(|directory| directory.join(name))
        .find(|path| {
            path.metadata().is_ok_and(|metadata| {
                metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
            })
        })
}
