//! What every command knows of the process that it runs in.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::arguments::Arguments;
use crate::failure::{Failure, FileError};
use crate::interrupt::Interrupt;
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

    /// Whether a program is on the PATH.
    pub(crate) fn has_program(&self, name: &str) -> bool {
        self.program(name).is_some()
    }

    /// Where a program is on the PATH.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        self.environment
            .value("PATH")?
            .split(':')
            .map(|directory| Path::new(directory).join(name))
            .find(|path| {
                path.metadata().is_ok_and(|metadata| {
                    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
                })
            })
    }
}
