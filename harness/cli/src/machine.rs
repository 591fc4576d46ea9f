//! The way to the worlds of this machine: the only file that knows how a phase is really run.

use modfault_outcome::Observation;
use modfault_scenario::Phase;
use modfault_toolchain::Toolchain;
use modfault_world::World;

use crate::context::Context;
use crate::engine::Hindrance;
use crate::failure::Failure;

/// What worlds are made with.
#[derive(Clone, Debug)]
pub(crate) struct Machine;

impl Machine {
    /// Worlds on this machine, for this user.
    pub(crate) fn new(_context: &Context) -> Result<Self, Failure> {
        Ok(Self)
    }

    /// Runs one phase in a world of its own.
    pub(crate) fn run_phase(
        &self,
        _world: &World,
        _phase: Phase,
        _toolchain: &Toolchain,
    ) -> Result<Observation, Hindrance> {
        Err(Hindrance::Machine(Failure::machine(
            "no worlds can be made yet",
        )))
    }
}
