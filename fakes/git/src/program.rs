//! The `git` program, and all of the environment that it ever gets.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::GitError;

/// A `git` that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Git {
    program: PathBuf,
}

/// Every variable that `git` gets on the server's side, beside `PATH` and those of CGI.
const ENVIRONMENT: [(&str, &str); 11] = [
    // Neither the machine's nor the user's settings count.
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("HOME", "/nonexistent"),
    ("LC_ALL", "C"),
    ("GIT_CONFIG_COUNT", "3"),
    // A repository may belong to another user than the one who serves it; git before 2.35.2 does not look.
    ("GIT_CONFIG_KEY_0", "safe.directory"),
    ("GIT_CONFIG_VALUE_0", "*"),
    // A repository that is lost with the machine is made again.
    ("GIT_CONFIG_KEY_1", "core.fsync"),
    ("GIT_CONFIG_VALUE_1", "none"),
    // No bytes that depend on how long a pack takes: they would come by the machine's clock, not by ours.
    ("GIT_CONFIG_KEY_2", "uploadpack.keepAlive"),
    ("GIT_CONFIG_VALUE_2", "0"),
];

impl Git {
    /// The first `git` in `search_path`, which is written as `PATH` is.
    pub fn find(search_path: &OsStr) -> Result<Self, GitError> {
        std::env::split_paths(search_path)
            .map(|directory| directory.join("git"))
            .find(|program| program.is_file())
            .map(|program| Self { program })
            .ok_or(GitError::Missing)
    }

    /// Where it is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its version, as it gives it: `2.39.5`.
    pub fn version(&self) -> Result<String, GitError> {
        let text = self.ask("version")?;
        Ok(text.rsplit(' ').next().unwrap_or_default().to_owned())
    }

    /// Checks that it can serve over HTTP: some distributions have `git http-backend` in another package.
    pub fn check_backend(&self) -> Result<(), GitError> {
        let directory = PathBuf::from(self.ask("--exec-path")?);
        if directory.join("git-http-backend").is_file() {
            Ok(())
        } else {
            Err(GitError::NoBackend { directory })
        }
    }

    fn ask(&self, argument: &str) -> Result<String, GitError> {
        let output = Command::new(&self.program)
            .arg(argument)
            .env_clear()
            .envs(self.environment())
            .output()
            .map_err(|source| GitError::Start {
                program: self.program.clone(),
                source,
            })?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The whole environment for a run of it, before the variables of CGI.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (OsString, OsString)> {
        let mut path = OsString::new();
        if let Some(directory) = self.program.parent() {
            path.push(directory);
            path.push(":");
        }
        path.push("/usr/bin:/bin");
        ENVIRONMENT
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .chain([("PATH".into(), path)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_path_without_git_is_said_to_have_none() {
        let empty = tempfile::tempdir().unwrap();
        let error = Git::find(empty.path().as_os_str()).unwrap_err();
        assert!(matches!(error, GitError::Missing));
        assert!(error.help().is_some());
    }

    #[test]
    fn the_git_of_this_machine_has_a_version_and_serves_http() {
        let git = Git::find(&std::env::var_os("PATH").unwrap()).unwrap();
        let version = git.version().unwrap();
        assert!(
            version.starts_with(|first: char| first.is_ascii_digit()),
            "{version}"
        );
        git.check_backend().unwrap();
    }
}
