//! What every command knows of the process that it runs in.

use std::path::PathBuf;

use crate::arguments::{Arguments, ClockName};
use crate::clock;
use crate::failure::{Failure, FileError};
use crate::interrupt::Interrupt;
use modfault_scenario::KnownComponent;
use modfault_suite::machine::{component_program, program};
use modfault_suite::{Collection, Machine};
use modfault_toolchain::Environment;

/// What every command knows of the process that it runs in.
pub(crate) struct Context {
    /// The environment variables.
    pub(crate) environment: Environment,
    /// The current directory.
    pub(crate) directory: PathBuf,
    /// `--scenarios`.
    pub(crate) scenarios: Option<PathBuf>,
    /// Whether somebody wants it to end.
    pub(crate) interrupt: Interrupt,
    /// Whether it runs under continuous integration: `CI` is set to something but `false` or `0`.
    pub(crate) ci: bool,
}

impl Context {
    /// Reads the process environment; nothing else does.
    pub(crate) fn from_process(
        arguments: &Arguments,
        interrupt: Interrupt,
    ) -> Result<Self, Failure> {
        let environment = Environment::new(std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        }));
        let directory = std::env::current_dir()
            .map_err(FileError::of("use the current directory", "."))
            .map_err(Failure::machine)?;
        Ok(Self {
            ci: environment
                .value("CI")
                .is_some_and(|value| !matches!(value, "false" | "0")),
            environment,
            directory,
            scenarios: arguments.scenarios.clone(),
            interrupt,
        })
    }

    /// Where a program is on the PATH.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        program(self.search_path().as_ref(), name)
    }

    /// Where a server is: a known one also where modfault keeps it.
    pub(crate) fn component(&self, name: &str) -> Result<Option<PathBuf>, Failure> {
        let cache = self
            .environment
            .cache_dir()
            .ok_or(modfault_toolchain::Error::NoCache)?;
        Ok(match KnownComponent::named(name) {
            Some(known) => component_program(self.search_path().as_ref(), &cache, known.name),
            None => self.program(name),
        })
    }

    /// Our own scenarios: those of `--scenarios`, of the checkout that we are in, or those in this program.
    pub(crate) fn ours(&self) -> Result<Collection, Failure> {
        Ok(Collection::ours(
            self.scenarios.as_deref(),
            &self.directory,
        )?)
    }

    /// The worlds of this machine on a clock, for this user, until somebody wants it to end.
    pub(crate) fn machine(&self, clock: Option<ClockName>) -> Result<Machine, Failure> {
        let cache = self
            .environment
            .cache_dir()
            .ok_or(modfault_toolchain::Error::NoCache)?;
        Ok(Machine::new(
            cache,
            self.search_path().into(),
            clock::wish(clock),
            self.interrupt.token.clone(),
        ))
    }

    /// The PATH.
    pub(crate) fn search_path(&self) -> &str {
        self.environment.value("PATH").unwrap_or_default()
    }
}
