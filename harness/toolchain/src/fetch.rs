//! How a toolchain comes onto this machine.
//!
//! ```text
//! for each place, in order:  ask ─▶ download ─▶ verify ─▶ unpack beside the store ─▶ rename into it
//! ```
//! Nothing that is not whole and verified ever has the name of a toolchain. A place that does not serve is an [`Attempt`]
//! of the error, and the next one is asked.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use url::Url;

use crate::digest::Hashing;
use crate::environment::Environment;
use crate::error::Error;
use crate::hop::{Attempt, Hop, Problem, shown};
use crate::lock::{Lock, Pinned};
use crate::platform::Platform;
use crate::route::{self, Endpoints};
use crate::store::{self, Origin, Store, Stored};
use crate::version::GoVersion;
use crate::web::{Answer, Web};

/// How far a fetch is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// Another modfault fetches at this moment; this one waits for it.
    Waiting,
    /// A place is asked.
    Asking {
        /// What kind of place, in words.
        route: &'static str,
        /// The address, without credentials.
        url: &'a str,
    },
    /// Bytes arrive.
    Downloading {
        /// Bytes so far.
        done: u64,
        /// Bytes in all, if that was said.
        total: Option<u64>,
    },
    /// The archive becomes files.
    Unpacking {
        /// Files so far.
        done: u64,
        /// Files in all, if the archive says.
        total: Option<u64>,
    },
}

/// Is told how far a fetch is, and may end it.
pub type Watch<'a> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + 'a;

/// Fetches a version into the store, unless it is there by now.
///
/// # Errors
/// No place had it, each for its own reason; the store cannot be written; or `watch` ended it.
pub fn fetch(
    version: &GoVersion,
    store: &Store,
    environment: &Environment,
    watch: &mut Watch<'_>,
) -> Result<Stored, Error> {
    fetch_from(
        &Endpoints::public(),
        Lock::embedded(),
        version,
        store,
        environment,
        watch,
    )
}

pub(crate) fn fetch_from(
    endpoints: &Endpoints,
    lock: &Lock,
    version: &GoVersion,
    store: &Store,
    environment: &Environment,
    watch: &mut Watch<'_>,
) -> Result<Stored, Error> {
    fs::create_dir_all(store.root()).map_err(Error::io("create", store.root()))?;
    let _alone = alone(store.root(), watch)?;
    // whoever held the lock may have fetched the same
    if let Some(stored) = store
        .list()?
        .into_iter()
        .find(|stored| stored.version == *version)
    {
        return Ok(stored);
    }
    let work = tempfile::Builder::new()
        .prefix(".fetch-")
        .tempdir_in(store.root())
        .map_err(Error::io("create a directory in", store.root()))?;
    let mut fetching = Fetching {
        web: Web::new(environment)?,
        version,
        platform: store.platform(),
        pinned: lock.pinned(version, store.platform()),
        work: work.path(),
        watch,
    };
    let mut attempts = Vec::new();
    for place in route::places(endpoints, environment) {
        let route = place.name();
        let hop = match place.try_at(&mut fetching) {
            Ok(origin) => return keep(&work.path().join("go"), store, version, origin),
            Err(hop) => hop,
        };
        if matches!(hop.problem(), Problem::Stopped) {
            return Err(Error::Stopped);
        }
        attempts.push(Attempt { route, hop });
        fetching.clear()?;
    }
    Err(Error::NotFetched {
        version: version.tag(),
        platform: store.platform().to_string(),
        attempts,
    })
}

/// Waits until no other modfault fetches; what such a one left behind when it was killed is removed.
fn alone(root: &Path, watch: &mut Watch<'_>) -> Result<File, Error> {
    let path = root.join(".lock");
    let lock = File::create(&path).map_err(Error::io("create", &path))?;
    if lock.try_lock().is_err() {
        if watch(Progress::Waiting).is_break() {
            return Err(Error::Stopped);
        }
        lock.lock().map_err(Error::io("lock", &path))?;
    }
    for entry in fs::read_dir(root)
        .map_err(Error::io("read", root))?
        .flatten()
    {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(".fetch-") || name.starts_with(".removed-") {
            fs::remove_dir_all(entry.path()).map_err(Error::io("remove", entry.path()))?;
        }
    }
    Ok(lock)
}

/// Gives an unpacked tree its name, in one step.
fn keep(tree: &Path, store: &Store, version: &GoVersion, origin: Origin) -> Result<Stored, Error> {
    store::record(tree, &origin).map_err(Error::io("write to", tree))?;
    let root = store.place(version);
    fs::rename(tree, &root).map_err(Error::io("create", &root))?;
    Ok(Stored {
        version: version.clone(),
        root,
        origin: Some(origin),
    })
}

/// A fetch on its way, as the places see it.
pub(crate) struct Fetching<'a, 'w> {
    pub(crate) web: Web,
    pub(crate) version: &'a GoVersion,
    pub(crate) platform: &'a Platform,
    pub(crate) pinned: Pinned,
    work: &'a Path,
    watch: &'a mut Watch<'w>,
}

/// A downloaded file.
pub(crate) struct Downloaded {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its SHA-256.
    pub(crate) sha256: String,
}

impl Fetching<'_, '_> {
    /// Starts asking for an archive.
    pub(crate) fn ask(&mut self, route: &'static str, url: &Url) -> Result<Answer, Hop> {
        let address = shown(url);
        self.tell(Progress::Asking {
            route,
            url: &address,
        })
        .map_err(|problem| Hop::new(url, None, problem))?;
        self.web.open(url, "*/*")
    }

    /// Reads an answer to its end.
    pub(crate) fn download(&mut self, answer: Answer) -> Result<Downloaded, Hop> {
        let url = answer.url.clone();
        self.copy(answer)
            .map_err(|problem| Hop::new(&url, None, problem))
    }

    fn copy(&mut self, answer: Answer) -> Result<Downloaded, Problem> {
        let path = self.work.join("archive");
        let mut file = File::create(&path)?;
        let mut reader = Hashing::new(answer.body);
        let mut buffer = vec![0; 256 << 10];
        let mut done = 0;
        loop {
            self.tell(Progress::Downloading {
                done,
                total: answer.length,
            })?;
            let n = reader.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            file.write_all(&buffer[..n])?;
            done += n as u64;
        }
        Ok(Downloaded {
            path,
            sha256: reader.finish(),
        })
    }

    /// Where the tree is unpacked.
    pub(crate) fn tree(&self) -> PathBuf {
        self.work.join("go")
    }

    /// The tree is the version that was asked for.
    pub(crate) fn check_version(&self) -> Result<(), Problem> {
        let text = fs::read_to_string(self.tree().join("VERSION"))?;
        match GoVersion::from_version_file(&text) {
            Ok(found) if found == *self.version => Ok(()),
            Ok(found) => Err(Problem::OtherVersion {
                wanted: self.version.tag(),
                found: found.tag(),
            }),
            Err(invalid) => Err(Problem::Archive(invalid.to_string())),
        }
    }

    /// Tells the caller how far it is; an error if that ends the fetch.
    pub(crate) fn tell(&mut self, progress: Progress<'_>) -> Result<(), Problem> {
        match (self.watch)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Problem::Stopped),
        }
    }

    /// Forgets what the last place left.
    fn clear(&self) -> Result<(), Error> {
        let tree = self.tree();
        if tree.exists() {
            fs::remove_dir_all(&tree).map_err(Error::io("remove", &tree))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
