//! Which toolchain a run uses.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::Error;
use crate::fetch::{Watch, fetch};
use crate::lock::{Lock, newest_pinned};
use crate::store::{Store, Stored};
use crate::version::{GoVersion, InvalidVersion, Wanted};

/// A toolchain that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// Its version.
    pub version: GoVersion,
    /// Its GOROOT.
    pub root: PathBuf,
    /// How it was found.
    pub source: Source,
}

/// How a toolchain was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The user gave its path.
    Given,
    /// Its `go` is on the PATH.
    Path,
    /// modfault kept it.
    Cache,
    /// It was fetched just now, and is kept.
    Fetched,
}

impl Toolchain {
    /// The toolchain at a GOROOT, or whose `bin/go` this is.
    ///
    /// # Errors
    /// It is none, or has no released version.
    pub fn at(path: &Path, source: Source) -> Result<Self, Error> {
        let missing = |source| Error::NotAToolchain {
            path: path.to_owned(),
            source,
        };
        let whole = fs::canonicalize(path).map_err(missing)?;
        let root = if whole.is_file() {
            root_of(&whole).ok_or_else(|| missing(io::Error::from(io::ErrorKind::NotFound)))?
        } else {
            whole
        };
        fs::metadata(root.join("bin/go")).map_err(missing)?;
        let text = fs::read_to_string(root.join("VERSION")).map_err(missing)?;
        let version = GoVersion::from_version_file(&text).map_err(|source: InvalidVersion| {
            Error::Unreleased {
                path: path.to_owned(),
                source,
            }
        })?;
        Ok(Self {
            version,
            root,
            source,
        })
    }

    /// The toolchain whose `go` comes first on the PATH. A `go` outside a GOROOT, such as a version manager's, is passed over.
    pub fn on_path(environment: &Environment) -> Option<Self> {
        environment
            .value("PATH")?
            .split(':')
            .map(|directory| Path::new(directory).join("go"))
            .filter(|go| go.is_absolute() && go.is_file())
            .find_map(|go| Self::at(&go, Source::Path).ok())
    }

    fn stored(stored: Stored, source: Source) -> Self {
        Self {
            version: stored.version,
            root: stored.root,
            source,
        }
    }
}

/// `GOROOT/bin/go` → GOROOT.
fn root_of(go: &Path) -> Option<PathBuf> {
    (go.ends_with("bin/go"))
        .then(|| go.parent()?.parent().map(Path::to_owned))
        .flatten()
}

/// The toolchain that is wanted: given, on the PATH, kept, or else fetched.
///
/// # Errors
/// There is none to be had, for the reasons given.
pub fn find(
    wanted: &Wanted,
    environment: &Environment,
    watch: &mut Watch<'_>,
) -> Result<Toolchain, Error> {
    if let Wanted::Path(path) = wanted {
        return Toolchain::at(path, Source::Given);
    }
    let on_path = Toolchain::on_path(environment);
    if let (Wanted::Any, Some(toolchain)) = (wanted, &on_path) {
        return Ok(toolchain.clone());
    }
    let store = Store::new(environment)?;
    let version = match wanted {
        Wanted::Any => match store.list()?.pop() {
            Some(stored) => return Ok(Toolchain::stored(stored, Source::Cache)),
            None => newest_pinned().clone(),
        },
        Wanted::Version(version) => {
            // a minor version means the pinned release of it, where that is kept
            let pinned = Lock::embedded().resolve(version, store.platform());
            if version.is_minor()
                && let Some(stored) = store.find(&pinned)?
            {
                return Ok(Toolchain::stored(stored, Source::Cache));
            }
            let serves = |found: &GoVersion| {
                found == version || (version.is_minor() && found.same_minor(version))
            };
            if let Some(toolchain) = on_path.filter(|toolchain| serves(&toolchain.version)) {
                return Ok(toolchain);
            }
            if let Some(stored) = store.find(version)? {
                return Ok(Toolchain::stored(stored, Source::Cache));
            }
            pinned
        }
        Wanted::Newest | Wanted::Path(_) => {
            let newest = newest_pinned();
            if let Some(toolchain) = on_path.filter(|toolchain| toolchain.version == *newest) {
                return Ok(toolchain);
            }
            if let Some(stored) = store.find(newest)? {
                return Ok(Toolchain::stored(stored, Source::Cache));
            }
            newest.clone()
        }
    };
    fetch(&version, &store, environment, watch)
        .map(|stored| Toolchain::stored(stored, Source::Fetched))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    fn goroot(at: &Path, version: &str) {
        fs::create_dir_all(at.join("bin")).unwrap();
        fs::write(at.join("bin/go"), "").unwrap();
        fs::write(at.join("VERSION"), format!("{version}\n")).unwrap();
    }

    fn environment(directory: &Path, path: &str) -> Environment {
        Environment::new([
            (
                "MODFAULT_CACHE".into(),
                directory.join("cache").to_str().unwrap().into(),
            ),
            ("PATH".into(), path.into()),
            ("GOPROXY".into(), "off".into()),
        ])
    }

    fn found(wanted: &str, environment: &Environment) -> (String, Source) {
        let wanted = if wanted.is_empty() {
            Wanted::Any
        } else {
            wanted.parse().unwrap()
        };
        let toolchain = find(&wanted, environment, &mut |_| ControlFlow::Break(())).unwrap();
        (toolchain.version.to_string(), toolchain.source)
    }

    #[test]
    fn the_path_goes_before_the_cache_unless_another_version_is_wanted() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        goroot(&root.join("go"), "go1.26.8");
        // a shim: a `go` that is in no GOROOT
        fs::create_dir_all(root.join("shims")).unwrap();
        fs::write(root.join("shims/go"), "").unwrap();
        let kept = format!("cache/toolchains/go1.21.13.{}", crate::Platform::current());
        goroot(&root.join(kept), "go1.21.13");
        let path = format!("relative:{0}/shims:{0}/go/bin", root.display());
        let environment = environment(root, &path);
        assert_eq!(found("", &environment), ("1.26.8".into(), Source::Path));
        assert_eq!(found("1.26", &environment), ("1.26.8".into(), Source::Path));
        assert_eq!(
            found("1.21", &environment),
            ("1.21.13".into(), Source::Cache)
        );
        let pinned =
            Lock::embedded().resolve(&"1.26".parse().unwrap(), &crate::Platform::current());
        let kept = format!(
            "cache/toolchains/{}.{}",
            pinned.tag(),
            crate::Platform::current()
        );
        goroot(&root.join(&kept), &pinned.tag());
        assert_eq!(
            found("1.26", &environment),
            (pinned.to_string(), Source::Cache)
        );
        fs::remove_dir_all(root.join(&kept)).unwrap();
        let without_path = self::environment(root, "");
        assert_eq!(found("", &without_path), ("1.21.13".into(), Source::Cache));
    }

    #[test]
    fn a_toolchain_is_found_by_its_root_its_program_and_a_link_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("lib/go-1.19");
        goroot(&root, "go1.19.8");
        let link = directory.path().join("go");
        std::os::unix::fs::symlink(root.join("bin/go"), &link).unwrap();
        for path in [root.clone(), root.join("bin/go"), link] {
            let toolchain = Toolchain::at(&path, Source::Given).unwrap();
            assert_eq!(toolchain.version.to_string(), "1.19.8");
            assert_eq!(toolchain.root, fs::canonicalize(&root).unwrap());
        }
    }

    #[test]
    fn what_is_no_toolchain_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &Path| Toolchain::at(path, Source::Given);
        let nowhere = directory.path().join("nowhere");
        assert!(matches!(at(&nowhere), Err(Error::NotAToolchain { path, .. }) if path == nowhere));
        assert!(matches!(
            at(directory.path()),
            Err(Error::NotAToolchain { .. })
        ));
        let tip = directory.path().join("tip");
        goroot(&tip, "devel +abc");
        assert!(matches!(at(&tip), Err(Error::Unreleased { .. })));
    }

    #[test]
    fn a_watch_can_end_a_fetch_before_anything_is_asked() {
        let directory = tempfile::tempdir().unwrap();
        let environment = environment(directory.path(), "");
        let result = find(&Wanted::Any, &environment, &mut |_| ControlFlow::Break(()));
        assert!(matches!(result, Err(Error::Stopped)), "{result:?}");
    }
}
