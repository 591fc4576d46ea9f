//! A folder of one world, which goes with it; and with the next start, should modfault be killed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::RunError;

/// A folder below the cache that is removed when this is dropped.
///
/// Its lock file is held for as long as it is in use; a folder whose lock nobody holds is left over, and is swept away by
/// [`sweep`].
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    _lock: File,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

const LOCK: &str = "lock";

impl RunFolder {
    /// Makes a new, empty folder below `cache`/runs.
    pub(crate) fn make(cache: &Path) -> Result<Self, RunError> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = cache
            .join("runs")
            .join(format!("{}-{number}", std::process::id()));
        let make = || -> io::Result<File> {
            fs::create_dir_all(&path)?;
            let lock = File::create(path.join(LOCK))?;
            lock.lock()?;
            Ok(lock)
        };
        match make() {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(source) => Err(RunError::Folder { path, source }),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What cannot be removed now is swept at the next start.
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Removes the folders of worlds whose process was killed. What cannot be removed stays for the next time.
pub fn sweep(cache: &Path) {
    let Ok(entries) = fs::read_dir(cache.join("runs")) else {
        return;
    };
    for folder in entries.flatten() {
        let unused = match File::open(folder.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            // Without its lock file it was being made or removed when its process ended; a living process makes it in an instant.
            Err(_) => false,
        };
        if unused {
            drop(fs::remove_dir_all(folder.path()));
        }
    }
}
