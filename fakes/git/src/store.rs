//! Repositories that are made once and kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::GitError;
use crate::history::History;
use crate::program::Git;
use crate::repository::build_repository;

/// A directory of finished repositories, each under the digest of its history. Several threads and processes may use one
/// at once.
#[derive(Clone, Debug)]
pub struct RepositoryStore {
    git: Git,
    directory: PathBuf,
}

/// The form of what is in a store: another number makes everything anew.
const FORM: u32 = 1;

static BUILDS: AtomicU64 = AtomicU64::new(0);

impl RepositoryStore {
    /// A store in `directory`, which is made when it is first needed.
    pub fn new(git: Git, directory: PathBuf) -> Self {
        Self { git, directory }
    }

    /// The directory of a repository that holds `history`, made now unless there is one. It must not be changed:
    /// [`copy`](crate::copy) it for that.
    pub fn get(&self, history: &History) -> Result<PathBuf, GitError> {
        let finished = self.directory.join(format!("{FORM}-{}", history.digest()));
        if finished.is_dir() {
            return Ok(finished);
        }
        fs::create_dir_all(&self.directory).map_err(GitError::io("create", &self.directory))?;
        let building = Building::begin(&self.directory)?;
        build_repository(&self.git, &self.directory, &building.name, history)?;
        match fs::rename(&building.path, &finished) {
            Ok(()) => Ok(finished),
            // Somebody else was faster, with the same repository.
            Err(_) if finished.is_dir() => Ok(finished),
            Err(source) => Err(GitError::io("write", finished)(source)),
        }
    }
}

/// A directory that does not outlive this value under its first name.
struct Building {
    name: String,
    path: PathBuf,
}

impl Building {
    /// An empty directory below `parent` that nobody else has.
    fn begin(parent: &Path) -> Result<Self, GitError> {
        loop {
            let count = BUILDS.fetch_add(1, Ordering::Relaxed);
            let name = format!("building-{}-{count}", std::process::id());
            let path = parent.join(&name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { name, path }),
                // Left by a process of the same number that was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(GitError::io("create", path)(source)),
            }
        }
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        // It is gone when it was renamed, and harmless where it cannot be removed.
        drop(fs::remove_dir_all(&self.path));
    }
}
