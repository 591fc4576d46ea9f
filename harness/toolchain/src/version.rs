//! Versions of Go, and what a user may ask for.

use std::cmp::Ordering;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A version of Go: `1.27.3`, `1.19`, `1.28rc1`, ordered as the releases came (<https://go.dev/doc/toolchain#version>).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GoVersion {
    minor: u32,
    patch: Option<u32>,
    prerelease: Option<Prerelease>,
}

/// A version before the release of its minor version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Prerelease {
    Beta(u32),
    Candidate(u32),
}

/// A text that is not a version of Go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version of Go")]
pub struct InvalidVersion {
    text: String,
}

impl GoVersion {
    /// The version in the first line of GOROOT/VERSION: `go1.26.8`, with or without experiments after it.
    ///
    /// # Errors
    /// The text names no released version; a development tree has none.
    pub fn from_version_file(text: &str) -> Result<Self, InvalidVersion> {
        let first = text.lines().next().unwrap_or_default();
        first
            .split_whitespace()
            .find(|word| word.starts_with("go1"))
            .unwrap_or(first)
            .parse()
    }

    /// The name of the release, as `go env GOVERSION` has it: `go1.27.3`.
    pub fn tag(&self) -> String {
        format!("go{self}")
    }

    /// Its minor number: 27 of 1.27.3.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// Whether it is a release of the same minor version: 1.21.3 and 1.21.13 are.
    pub fn same_minor(&self, other: &Self) -> bool {
        self.minor == other.minor
    }

    /// Whether it names a minor version and no release of it: `1.21`.
    pub(crate) fn is_minor(&self) -> bool {
        self.patch.is_none() && self.prerelease.is_none()
    }

    /// What versions are ordered by: minor version, then prereleases, the release, its patches.
    fn rank(&self) -> (u32, u32, Option<Prerelease>) {
        match self.prerelease {
            Some(prerelease) => (self.minor, 0, Some(prerelease)),
            None => (self.minor, 1 + self.patch.unwrap_or(0), None),
        }
    }
}

impl Ord for GoVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        // 1.19 and 1.19.0 rank alike, but are two spellings: keep the order total and consistent with Eq
        self.rank()
            .cmp(&other.rank())
            .then(self.patch.cmp(&other.patch))
    }
}

impl PartialOrd for GoVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)?;
        if let Some(patch) = self.patch {
            write!(f, ".{patch}")?;
        }
        match self.prerelease {
            Some(Prerelease::Beta(n)) => write!(f, "beta{n}"),
            Some(Prerelease::Candidate(n)) => write!(f, "rc{n}"),
            None => Ok(()),
        }
    }
}

impl FromStr for GoVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let invalid = || InvalidVersion { text: text.into() };
        let rest = text.strip_prefix("go").unwrap_or(text);
        let rest = rest.strip_prefix("1.").ok_or_else(invalid)?;
        if let Some((minor, patch)) = rest.split_once('.') {
            return Ok(Self {
                minor: number(minor).ok_or_else(invalid)?,
                patch: Some(number(patch).ok_or_else(invalid)?),
                prerelease: None,
            });
        }
        let (minor, prerelease) = if let Some((minor, n)) = rest.split_once("rc") {
            (
                minor,
                Some(Prerelease::Candidate(number(n).ok_or_else(invalid)?)),
            )
        } else if let Some((minor, n)) = rest.split_once("beta") {
            (
                minor,
                Some(Prerelease::Beta(number(n).ok_or_else(invalid)?)),
            )
        } else {
            (rest, None)
        };
        Ok(Self {
            minor: number(minor).ok_or_else(invalid)?,
            patch: None,
            prerelease,
        })
    }
}

/// Decimal digits only: `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// What a user asks for with `--go`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever is there, else the newest pinned one is fetched.
    #[default]
    Any,
    /// The newest pinned one.
    Newest,
    /// This one; a minor version (`1.21`) means the newest release of it that is known.
    Version(GoVersion),
    /// The toolchain at this GOROOT, or whose `bin/go` this is.
    Path(PathBuf),
}

impl FromStr for Wanted {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        if text == "newest" {
            return Ok(Self::Newest);
        }
        match text.parse() {
            Ok(version) => Ok(Self::Version(version)),
            Err(_) if text.contains('/') || text == "." || text == ".." => {
                Ok(Self::Path(PathBuf::from(text)))
            }
            Err(invalid) => Err(invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> GoVersion {
        text.parse().unwrap()
    }

    #[test]
    fn versions_are_ordered_as_they_were_released() {
        let released = [
            "1.9.7",
            "1.19",
            "1.19.8",
            "1.20",
            "1.21rc2",
            "1.21rc3",
            "1.21.0",
            "1.21.3",
            "1.21.13",
            "1.22beta1",
            "1.22rc1",
            "1.22.0",
            "1.26.8",
            "1.27.3",
        ];
        let mut sorted: Vec<GoVersion> = released.iter().rev().map(|text| version(text)).collect();
        sorted.sort();
        let names: Vec<String> = sorted.iter().map(ToString::to_string).collect();
        assert_eq!(names, released);
    }

    #[test]
    fn a_version_reads_with_and_without_its_prefix() {
        assert_eq!(version("go1.27.3"), version("1.27.3"));
        assert_eq!(version("1.27.3").tag(), "go1.27.3");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "", "1", "go", "2.0", "1.x", "1.21.", "1.21.3.4", "1.+2", "v1.21", "1.21rc", "latest",
        ] {
            assert!(text.parse::<GoVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_version_file_may_name_experiments_and_a_date() {
        let text = "go1.26.8 X:nocoverageredesign\ntime 2026-08-28T16:20:06Z\n";
        assert_eq!(GoVersion::from_version_file(text), Ok(version("1.26.8")));
        assert!(GoVersion::from_version_file("devel +abcdef").is_err());
    }

    #[test]
    fn a_path_a_version_and_newest_are_told_apart() {
        assert_eq!("newest".parse(), Ok(Wanted::Newest));
        assert_eq!("1.21".parse(), Ok(Wanted::Version(version("1.21"))));
        assert_eq!(
            "/usr/local/go".parse(),
            Ok(Wanted::Path("/usr/local/go".into()))
        );
        assert_eq!("./go1.21".parse(), Ok(Wanted::Path("./go1.21".into())));
        assert!("newst".parse::<Wanted>().is_err());
    }
}
