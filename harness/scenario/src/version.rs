//! Versions of Go, and ranges of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version of Go: `1.21`, `1.26.8`, `go1.27rc1`. A release without a patch number counts as patch 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GoVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

/// Why a text is not a [`GoVersion`] or a [`VersionRange`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct InvalidVersion {
    /// The text as it was written.
    pub text: String,
    /// What it should have been.
    pub wanted: &'static str,
}

impl GoVersion {
    /// The version with these numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }
}

impl FromStr for GoVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidVersion {
            text: text.to_owned(),
            wanted: "a Go version",
        };
        let numbers = text.strip_prefix("go").unwrap_or(text);
        // `1.27rc1` and `1.27.3-X:nocoverageredesign`: what follows the numbers makes no range differ.
        let end = numbers
            .find(|c: char| c != '.' && !c.is_ascii_digit())
            .unwrap_or(numbers.len());
        let mut parts = numbers[..end].split('.').map(str::parse::<u32>);
        let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let patch = match parts.next() {
            None => 0,
            Some(Ok(patch)) => patch,
            Some(Err(_)) => return Err(invalid()),
        };
        if parts.next().is_some() {
            return Err(invalid());
        }
        Ok(Self::new(major, minor, patch))
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

impl TryFrom<String> for GoVersion {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<GoVersion> for String {
    fn from(version: GoVersion) -> Self {
        version.to_string()
    }
}

/// A range of Go versions: `<1.24`, `>=1.23`, or both with a comma.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct VersionRange {
    text: String,
    bounds: Vec<(Comparison, GoVersion)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

impl VersionRange {
    /// Whether `version` is in it. `=1.24` and `<=1.24` take every patch of 1.24.
    pub fn contains(&self, version: GoVersion) -> bool {
        self.bounds.iter().all(|(comparison, bound)| {
            let release = (version.major, version.minor);
            let of_bound = (bound.major, bound.minor);
            let same = release == of_bound && (bound.patch == 0 || version.patch == bound.patch);
            match comparison {
                Comparison::Less => version < *bound,
                Comparison::LessOrEqual => version <= *bound || same,
                Comparison::Greater => version > *bound && !same,
                Comparison::GreaterOrEqual => version >= *bound,
                Comparison::Equal => same,
            }
        })
    }
}

impl FromStr for VersionRange {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidVersion {
            text: text.to_owned(),
            wanted: "a range of Go versions",
        };
        let bounds = text
            .split(',')
            .map(|bound| {
                let bound = bound.trim();
                let (comparison, version) = [
                    ("<=", Comparison::LessOrEqual),
                    (">=", Comparison::GreaterOrEqual),
                    ("<", Comparison::Less),
                    (">", Comparison::Greater),
                    ("=", Comparison::Equal),
                ]
                .into_iter()
                .find_map(|(sign, comparison)| Some((comparison, bound.strip_prefix(sign)?)))
                .ok_or_else(invalid)?;
                Ok((comparison, version.trim().parse().map_err(|_| invalid())?))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            text: text.to_owned(),
            bounds,
        })
    }
}

impl From<VersionRange> for String {
    fn from(range: VersionRange) -> Self {
        range.text
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(range: &str, version: &str) -> bool {
        let range: VersionRange = range.parse().unwrap();
        range.contains(version.parse().unwrap())
    }

    #[test]
    fn a_range_without_a_patch_speaks_of_releases() {
        assert!(contains("<1.24", "go1.23.9"));
        assert!(!contains("<1.24", "1.24.1"));
        assert!(contains("=1.24", "1.24.11"));
        assert!(contains("<=1.24", "1.24.11"));
        assert!(!contains(">1.24", "1.24.11"));
        assert!(contains(">=1.22, <1.25", "1.24.11"));
        assert!(!contains(">=1.22, <1.25", "1.25"));
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["1.24", "<", "<1", "<=1.x", "<1.24.3.4", "~1.2", ""] {
            assert!(text.parse::<VersionRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_prerelease_counts_as_its_release() {
        assert_eq!("go1.27rc1".parse(), Ok(GoVersion::new(1, 27, 0)));
        assert_eq!(
            "go1.27.3".parse::<GoVersion>().unwrap().to_string(),
            "1.27.3"
        );
    }
}
