//! Module versions and their order.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::escape::{escape, unescape};

/// A canonical module version: `v`, a semantic version, and perhaps `+incompatible` (<https://go.dev/ref/mod#versions>).
///
/// Versions are ordered by semantic-version precedence (Semantic Versioning 2.0.0 §11); two that differ in
/// `+incompatible` alone, by their text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleVersion(String);

/// Why a text is not a [`ModuleVersion`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a module version: {reason}")]
pub struct InvalidModuleVersion {
    /// The text as it was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// The pieces of a version's text.
struct Pieces<'a> {
    core: [&'a str; 3],
    prerelease: Option<&'a str>,
    incompatible: bool,
}

impl ModuleVersion {
    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, InvalidModuleVersion> {
        check(text)
            .map(|()| Self(text.to_owned()))
            .map_err(|reason| InvalidModuleVersion {
                text: text.to_owned(),
                reason,
            })
    }

    /// The version that a URL spells as `escaped`.
    pub fn from_escaped(escaped: &str) -> Result<Self, InvalidModuleVersion> {
        let text = unescape(escaped).map_err(|_| InvalidModuleVersion {
            text: escaped.to_owned(),
            reason: "it is not escaped as the GOPROXY protocol wants it",
        })?;
        Self::parse(&text)
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The version as the GOPROXY protocol spells it in a URL.
    pub fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// The major version: `1` of `v1.2.3`.
    pub fn major(&self) -> &str {
        self.pieces().core[0]
    }

    /// Whether it is no release: `v1.0.0-rc.1`, and every pseudo-version.
    pub fn is_prerelease(&self) -> bool {
        self.pieces().prerelease.is_some()
    }

    /// Whether it ends with `+incompatible` (<https://go.dev/ref/mod#incompatible-versions>).
    pub fn is_incompatible(&self) -> bool {
        self.pieces().incompatible
    }

    /// Whether it stands for a revision without a tag (<https://go.dev/ref/mod#pseudo-versions>).
    pub fn is_pseudo(&self) -> bool {
        self.pseudo_time().is_some()
    }

    /// The commit time in a pseudo-version, UTC, as 14 digits `yyyymmddhhmmss`.
    pub(crate) fn pseudo_time(&self) -> Option<&str> {
        let pieces = self.pieces();
        let (before, revision) = pieces.prerelease?.rsplit_once('-')?;
        let (base, time) = match before.rsplit_once('.') {
            Some((base, time)) => (Some(base), time),
            None => (None, before),
        };
        let follows_a_base = match base {
            None => pieces.core[1] == "0" && pieces.core[2] == "0",
            Some(base) => base == "0" || base.ends_with(".0"),
        };
        let shaped = time.len() == 14
            && is_number(time)
            && !revision.is_empty()
            && revision.bytes().all(|b| b.is_ascii_alphanumeric());
        (follows_a_base && shaped).then_some(time)
    }

    fn pieces(&self) -> Pieces<'_> {
        split(&self.0).expect("the text was checked when the version was made")
    }
}

/// The version that the query `latest` gives: the highest release, else the highest prerelease, else the highest
/// pseudo-version (<https://go.dev/ref/mod#version-queries>); `None` only where there is no version at all.
pub fn latest<'a>(
    versions: impl IntoIterator<Item = &'a ModuleVersion>,
) -> Option<&'a ModuleVersion> {
    versions.into_iter().max_by(|a, b| {
        let rank = |version: &ModuleVersion| (!version.is_prerelease(), !version.is_pseudo());
        rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
    })
}

fn split(text: &str) -> Option<Pieces<'_>> {
    let (rest, incompatible) = match text.strip_suffix("+incompatible") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let rest = rest.strip_prefix('v')?;
    let (core, prerelease) = match rest.split_once('-') {
        Some((core, prerelease)) => (core, Some(prerelease)),
        None => (rest, None),
    };
    let mut numbers = core.split('.');
    let core = [numbers.next()?, numbers.next()?, numbers.next()?];
    numbers.next().is_none().then_some(Pieces {
        core,
        prerelease,
        incompatible,
    })
}

fn check(text: &str) -> Result<(), &'static str> {
    let pieces = split(text).ok_or("it is not of the form `vX.Y.Z`")?;
    for number in pieces.core {
        if !is_number(number) {
            return Err("major, minor and patch are numbers");
        }
        if has_leading_zero(number) {
            return Err("a number in it has a leading zero");
        }
    }
    for identifier in pieces.prerelease.iter().flat_map(|text| text.split('.')) {
        if identifier.is_empty() {
            return Err("its prerelease has an empty identifier");
        }
        if !identifier
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return Err("its prerelease has only letters, digits, `-` and `.`");
        }
        if is_number(identifier) && has_leading_zero(identifier) {
            return Err("a number in its prerelease has a leading zero");
        }
    }
    Ok(())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn has_leading_zero(number: &str) -> bool {
    number.len() > 1 && number.starts_with('0')
}

impl Ord for ModuleVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.pieces(), other.pieces());
        a.core
            .iter()
            .zip(b.core)
            .map(|(a, b)| compare_numbers(a, b))
            .find(|order| order.is_ne())
            .unwrap_or_else(|| compare_prereleases(a.prerelease, b.prerelease))
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for ModuleVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbers without leading zeros, of any length.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn compare_prereleases(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let (mut a, mut b) = (a.split('.'), b.split('.'));
            loop {
                let order = match (a.next(), b.next()) {
                    (None, None) => return Ordering::Equal,
                    (None, Some(_)) => Ordering::Less,
                    (Some(_), None) => Ordering::Greater,
                    (Some(a), Some(b)) => compare_identifiers(a, b),
                };
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

fn compare_identifiers(a: &str, b: &str) -> Ordering {
    match (is_number(a), is_number(b)) {
        (true, true) => compare_numbers(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

impl fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModuleVersion {
    type Err = InvalidModuleVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
