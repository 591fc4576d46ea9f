//! The way to the worlds of this machine: the only file that knows how a phase is really run.

use std::ffi::OsString;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::engine::Hindrance;
use crate::failure::{FailedTo, Failure};
use modfault_outcome::Observation;
use modfault_run::{Options, RunError};
use modfault_scenario::Phase;
use modfault_toolchain::Toolchain;
use modfault_world::World;

/// What worlds are made with.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    cache: PathBuf,
    search_path: OsString,
    cancel: CancellationToken,
}

impl Machine {
    /// Worlds on this machine, for this user. What a killed run has left in the cache is swept away first.
    pub(crate) fn new(context: &Context) -> Result<Self, Failure> {
        let cache = context
            .environment
            .cache_dir()
            .ok_or(modfault_toolchain::Error::NoCache)?;
        modfault_run::sweep(&cache);
        let search_path = context.environment.value("PATH").unwrap_or_default();
        Ok(Self {
            cache,
            search_path: search_path.into(),
            cancel: context.interrupt.token.clone(),
        })
    }

    /// Runs one phase in a world of its own.
    pub(crate) fn run_phase(
        &self,
        world: &World,
        phase: Phase,
        toolchain: &Toolchain,
    ) -> Result<Observation, Hindrance> {
        let options = Options {
            toolchain: toolchain.root.clone(),
            go: toolchain.version.tag(),
            cache: self.cache.clone(),
            search_path: self.search_path.clone(),
            cancel: self.cancel.clone(),
        };
        modfault_run::run_phase(world, phase, &options).map_err(hindrance)
    }
}

fn hindrance(error: RunError) -> Hindrance {
    let help = error.help().join("\n      ");
    let of_the_machine = matches!(error, RunError::Sandbox(_) | RunError::Git(_));
    if matches!(error, RunError::Interrupted) {
        return Hindrance::Interrupted;
    }
    let mut failure = Failure::machine(FailedTo(error));
    if !help.is_empty() {
        failure = failure.help(help);
    }
    if of_the_machine {
        Hindrance::Machine(failure)
    } else {
        Hindrance::Failed(failure)
    }
}
