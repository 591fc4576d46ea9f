//! Toolchains that are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::Error;
use crate::platform::Platform;
use crate::version::GoVersion;

/// The file in a kept GOROOT that says where it came from.
const ORIGIN: &str = "modfault-origin.toml";

/// The directory of kept toolchains: `toolchains/go1.27.3.linux-amd64/` is a GOROOT.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    platform: Platform,
}

/// A kept toolchain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its version.
    pub version: GoVersion,
    /// Its GOROOT.
    pub root: PathBuf,
    /// Where it came from, and what vouched for it; `None` if somebody else put it there.
    pub origin: Option<Origin>,
}

/// Where a toolchain came from, and what vouched for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The address, without credentials.
    pub from: String,
    /// What stated the hash that it was verified against: `modfault's lock file`, `the index`.
    pub verified_by: String,
}

impl Store {
    /// The store in the user's cache, for this machine's platform.
    ///
    /// # Errors
    /// The user has neither a home nor a cache directory.
    pub fn new(environment: &Environment) -> Result<Self, Error> {
        let cache = environment.cache_dir().ok_or(Error::NoCache)?;
        Ok(Self::at(cache.join("toolchains"), Platform::current()))
    }

    pub(crate) fn at(root: PathBuf, platform: Platform) -> Self {
        Self { root, platform }
    }

    /// The directory itself; it need not exist.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Every kept toolchain, oldest version first.
    ///
    /// # Errors
    /// The directory is there and cannot be read.
    pub fn list(&self) -> Result<Vec<Stored>, Error> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read", &self.root)(error)),
        };
        let suffix = format!(".{}", self.platform);
        let mut stored: Vec<Stored> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let version = name.strip_suffix(&suffix)?.parse().ok()?;
                let root = entry.path();
                root.join("bin/go").is_file().then(|| Stored {
                    version,
                    origin: origin(&root),
                    root,
                })
            })
            .collect();
        stored.sort_by(|a, b| a.version.cmp(&b.version));
        Ok(stored)
    }

    /// The newest kept toolchain that a version stands for.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn find(&self, version: &GoVersion) -> Result<Option<Stored>, Error> {
        let serves = |stored: &Stored| {
            stored.version == *version || (version.is_minor() && stored.version.same_minor(version))
        };
        Ok(self.list()?.into_iter().rfind(serves))
    }

    /// Removes a kept toolchain and returns where it was.
    ///
    /// # Errors
    /// There is none of this very version, or its files cannot be removed.
    pub fn remove(&self, version: &GoVersion) -> Result<PathBuf, Error> {
        let root = self.place(version);
        if !root.is_dir() {
            return Err(Error::NotStored {
                version: version.tag(),
            });
        }
        // out of the way first: a half-removed tree must not look like a toolchain
        let doomed = self.root.join(format!(".removed-{}", std::process::id()));
        fs::rename(&root, &doomed).map_err(Error::io("rename", &root))?;
        fs::remove_dir_all(&doomed).map_err(Error::io("remove", &doomed))?;
        Ok(root)
    }

    /// Where a version is or would be kept.
    pub(crate) fn place(&self, version: &GoVersion) -> PathBuf {
        self.root
            .join(format!("{}.{}", version.tag(), self.platform))
    }
}

/// Leaves word in a GOROOT of where it came from.
pub(crate) fn record(root: &Path, origin: &Origin) -> io::Result<()> {
    let text = toml::to_string(origin).expect("two strings are always TOML");
    fs::write(root.join(ORIGIN), text)
}

fn origin(root: &Path) -> Option<Origin> {
    toml::from_str(&fs::read_to_string(root.join(ORIGIN)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(versions: &[&str]) -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::at(
            directory.path().join("toolchains"),
            Platform::new("linux", "amd64"),
        );
        for version in versions {
            let bin = store.place(&version.parse().unwrap()).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("go"), "").unwrap();
        }
        (directory, store)
    }

    #[test]
    fn kept_toolchains_are_listed_by_version_and_others_passed_over() {
        let (_directory, store) = store(&["1.27.3", "1.9.7", "1.21.13"]);
        fs::create_dir_all(store.root().join("go1.20.linux-arm64/bin")).unwrap();
        fs::create_dir_all(store.root().join("go1.22.1.linux-amd64")).unwrap();
        fs::create_dir_all(store.root().join(".fetch-1")).unwrap();
        let versions: Vec<String> = store
            .list()
            .unwrap()
            .iter()
            .map(|s| s.version.to_string())
            .collect();
        assert_eq!(versions, ["1.9.7", "1.21.13", "1.27.3"]);
    }

    #[test]
    fn a_minor_version_finds_its_newest_and_a_release_only_itself() {
        let (_directory, store) = store(&["1.21.3", "1.21.13", "1.27.3"]);
        let found = |text: &str| {
            store
                .find(&text.parse().unwrap())
                .unwrap()
                .map(|stored| stored.version.to_string())
        };
        assert_eq!(found("1.21").as_deref(), Some("1.21.13"));
        assert_eq!(found("1.21.3").as_deref(), Some("1.21.3"));
        assert_eq!(found("1.21.4"), None);
    }

    #[test]
    fn what_is_removed_is_gone_and_what_is_not_there_is_an_error() {
        let (_directory, store) = store(&["1.27.3"]);
        let version = "1.27.3".parse().unwrap();
        store.remove(&version).unwrap();
        assert!(store.list().unwrap().is_empty());
        assert!(matches!(
            store.remove(&version),
            Err(Error::NotStored { .. })
        ));
        assert_eq!(fs::read_dir(store.root()).unwrap().count(), 0);
    }

    #[test]
    fn a_store_that_was_never_made_is_empty() {
        let (_directory, store) = store(&[]);
        assert!(store.list().unwrap().is_empty());
    }
}
