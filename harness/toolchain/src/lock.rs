//! The pinned toolchains.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::platform::Platform;
use crate::version::GoVersion;

/// The toolchains that are known, with what each source of one must hash to.
#[derive(Clone, Debug)]
pub struct Lock {
    suite: Vec<GoVersion>,
    usual: Vec<GoVersion>,
    versions: BTreeMap<GoVersion, BTreeMap<String, Pinned>>,
}

/// What the sources of one toolchain must hash to; absent where it was never seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The `h1:` hash of the golang.org/toolchain module (<https://go.dev/ref/mod#go-sum-files>).
    pub module: Option<String>,
    /// The SHA-256 of the wheel, in hexadecimal digits.
    pub wheel: Option<String>,
    /// The SHA-256 of the archive, in hexadecimal digits.
    pub archive: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    suite: Vec<String>,
    #[serde(default)]
    usual: Vec<String>,
    go: BTreeMap<String, BTreeMap<String, Pinned>>,
}

static EMBEDDED: LazyLock<Lock> =
    LazyLock::new(|| Lock::parse(include_str!("../toolchains.lock.toml")));

impl Lock {
    /// The lock file that modfault was built with.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    pub(crate) fn parse(text: &str) -> Self {
        let written: Written =
            toml::from_str(text).expect("the embedded lock file is checked by a test");
        let version = |text: &String| {
            text.parse::<GoVersion>()
                .expect("the embedded lock file is checked by a test")
        };
        Self {
            suite: written.suite.iter().map(version).collect(),
            usual: written.usual.iter().map(version).collect(),
            versions: written
                .go
                .iter()
                .map(|(text, platforms)| (version(text), platforms.clone()))
                .collect(),
        }
    }

    /// The versions that are known for a platform, oldest first.
    pub fn versions(&self, platform: &Platform) -> impl DoubleEndedIterator<Item = &GoVersion> {
        let platform = platform.to_string();
        self.versions
            .iter()
            .filter(move |(_, platforms)| platforms.contains_key(&platform))
            .map(|(version, _)| version)
    }

    /// What the sources of this toolchain must hash to; empty for one that is not known.
    pub fn pinned(&self, version: &GoVersion, platform: &Platform) -> Pinned {
        self.versions
            .get(version)
            .and_then(|platforms| platforms.get(&platform.to_string()))
            .cloned()
            .unwrap_or_default()
    }

    /// The newest release that is meant by a version: a minor version (`1.21`) stands for the newest known release of it.
    pub fn resolve(&self, version: &GoVersion, platform: &Platform) -> GoVersion {
        version
            .is_minor()
            .then(|| {
                self.versions(platform)
                    .rfind(|known| known.same_minor(version))
            })
            .flatten()
            .unwrap_or(version)
            .clone()
    }
}

/// The newest pinned version: the one that base snapshots are of.
pub fn newest_pinned() -> &'static GoVersion {
    Lock::embedded()
        .versions
        .keys()
        .next_back()
        .expect("the embedded lock file is checked by a test")
}

/// The versions that the suite is pinned to, the newest first: one of each minor version.
pub fn suite() -> &'static [GoVersion] {
    &Lock::embedded().suite
}

/// Those of the suite that tests run on unless they are asked for more, the newest first.
pub fn usual() -> &'static [GoVersion] {
    &Lock::embedded().usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_is_well_formed_and_holds_the_suite() {
        let lock = Lock::embedded();
        for os_arch in ["amd64", "arm64"] {
            let platform = Platform::new("linux", os_arch);
            for version in suite() {
                assert!(
                    lock.versions(&platform).any(|known| known == version),
                    "{version}"
                );
            }
            for version in lock.versions(&platform) {
                let pinned = lock.pinned(version, &platform);
                for hash in [&pinned.wheel, &pinned.archive].into_iter().flatten() {
                    assert!(
                        hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()),
                        "{hash}"
                    );
                }
                if let Some(module) = &pinned.module {
                    assert!(module.starts_with("h1:") && module.len() == 47, "{module}");
                }
                if os_arch == "amd64" {
                    assert_ne!(pinned, Pinned::default(), "{version}");
                }
            }
        }
        assert_eq!(newest_pinned(), &suite()[0]);
        assert_eq!(newest_pinned(), &usual()[0]);
        assert!(usual().iter().all(|version| suite().contains(version)));
        assert!(
            suite()
                .windows(2)
                .all(|pair| pair[0] > pair[1] && !pair[0].same_minor(&pair[1]))
        );
    }

    #[test]
    fn a_minor_version_stands_for_its_newest_known_release() {
        let linux = Platform::new("linux", "amd64");
        let resolved = |text: &str| {
            Lock::embedded()
                .resolve(&text.parse().unwrap(), &linux)
                .to_string()
        };
        assert_eq!(resolved("1.21"), "1.21.13");
        assert_eq!(resolved("1.21.3"), "1.21.3");
        assert_eq!(resolved("1.24"), "1.24.13");
        assert_eq!(resolved("1.18"), "1.18");
    }
}
