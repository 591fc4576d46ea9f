//! Module paths.

use std::fmt;
use std::str::FromStr;

use crate::escape::{escape, unescape};
use crate::version::ModuleVersion;

/// The path of a module that can be downloaded (<https://go.dev/ref/mod#go-mod-file-ident>).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(String);

/// Why a text is not a [`ModulePath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a module path: {reason}")]
pub struct InvalidModulePath {
    /// The text as it was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// File names that Windows keeps for devices, in lower case.
const RESERVED_ELEMENTS: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

impl ModulePath {
    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, InvalidModulePath> {
        check_elements(text)
            .and_then(|()| check_first_element(text))
            .and_then(|()| check_major_suffix(text))
            .map(|()| Self(text.to_owned()))
            .map_err(|reason| InvalidModulePath {
                text: text.to_owned(),
                reason,
            })
    }

    /// The path that a URL spells as `escaped`.
    pub fn from_escaped(escaped: &str) -> Result<Self, InvalidModulePath> {
        let text = unescape(escaped).map_err(|_| InvalidModulePath {
            text: escaped.to_owned(),
            reason: "it is not escaped as the GOPROXY protocol wants it",
        })?;
        Self::parse(&text)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as the GOPROXY protocol spells it in a URL.
    pub fn escaped(&self) -> String {
        escape(&self.0)
    }

    /// Whether `version` has the major version that the path stands for (<https://go.dev/ref/mod#major-version-suffixes>).
    pub fn takes(&self, version: &ModuleVersion) -> bool {
        match self.major_suffix() {
            Some(major) => version.major() == major && !version.is_incompatible(),
            None => matches!(version.major(), "0" | "1") != version.is_incompatible(),
        }
    }

    /// `2` for `example.com/greet/v2` and `gopkg.in/yaml.v2`.
    fn major_suffix(&self) -> Option<&str> {
        if self.0.starts_with("gopkg.in/") {
            return self.0.rsplit_once(".v").map(|(_, major)| major);
        }
        let (_, last) = self.0.rsplit_once('/')?;
        last.strip_prefix('v').filter(|major| is_number(major))
    }
}

fn check_elements(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    for element in text.split('/') {
        if element.is_empty() {
            return Err("it has an empty element");
        }
        if !element
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        {
            return Err("an element has only ASCII letters, digits, `-`, `.`, `_` and `~`");
        }
        if element.starts_with('.') || element.ends_with('.') {
            return Err("an element neither starts nor ends with a dot");
        }
        let stem = element.split('.').next().unwrap_or(element);
        if RESERVED_ELEMENTS.contains(&stem.to_ascii_lowercase().as_str()) {
            return Err("an element is a file name that Windows reserves");
        }
        if stem
            .rsplit_once('~')
            .is_some_and(|(_, digits)| is_number(digits))
        {
            return Err("an element looks like a Windows short name");
        }
    }
    Ok(())
}

fn check_first_element(text: &str) -> Result<(), &'static str> {
    let first = text.split('/').next().unwrap_or(text);
    if !first.contains('.') {
        return Err("its first element has no dot");
    }
    if first.starts_with('-') {
        return Err("its first element starts with `-`");
    }
    if !first
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
    {
        return Err("its first element has only lower-case letters, digits, `-` and `.`");
    }
    Ok(())
}

fn check_major_suffix(text: &str) -> Result<(), &'static str> {
    let Some((_, last)) = text.rsplit_once('/') else {
        return Ok(());
    };
    if text.starts_with("gopkg.in/") {
        return match last.rsplit_once(".v") {
            Some((name, major))
                if !name.is_empty()
                    && is_number(major)
                    && (major == "0" || !major.starts_with('0')) =>
            {
                Ok(())
            }
            _ => Err("a path below gopkg.in ends with a major version such as `.v2`"),
        };
    }
    match last.strip_prefix('v') {
        Some(major)
            if !major.is_empty() && major.bytes().all(|b| b.is_ascii_digit() || b == b'.') =>
        {
            if major.contains('.') || major.starts_with('0') || major == "1" {
                Err("its major version suffix is not `/v2` or higher")
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModulePath {
    type Err = InvalidModulePath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_that_can_be_downloaded_are_taken() {
        for text in [
            "example.com/greet",
            "example.com",
            "example.com/greet/v2",
            "github.com/BurntSushi/toml",
            "gopkg.in/yaml.v2",
            "gopkg.in/inf.v0",
            "example.com/a~b/c_d",
            "example.com/v",
        ] {
            assert_eq!(
                ModulePath::parse(text).unwrap().as_str(),
                text,
                "{text} is a path"
            );
        }
    }

    #[test]
    fn what_no_module_can_be_called_is_refused() {
        for text in [
            "",
            "/example.com",
            "example.com/",
            "example.com//greet",
            "example",
            "Example.com/greet",
            "-example.com/greet",
            "example.com/.git",
            "example.com/greet.",
            "example.com/a b",
            "example.com/grüße",
            "example.com/con",
            "example.com/NUL.txt",
            "example.com/longna~1",
            "example.com/greet/v0",
            "example.com/greet/v1",
            "example.com/greet/v02",
            "example.com/greet/v1.2",
            "gopkg.in/yaml",
            "gopkg.in/yaml.v02",
        ] {
            assert!(ModulePath::parse(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_path_takes_only_versions_of_its_own_major_version() {
        let takes = |path: &str, version: &str| {
            ModulePath::parse(path)
                .unwrap()
                .takes(&ModuleVersion::parse(version).unwrap())
        };
        assert!(takes("example.com/greet", "v0.1.0"));
        assert!(takes("example.com/greet", "v1.0.0"));
        assert!(takes("example.com/greet", "v2.0.0+incompatible"));
        assert!(takes("example.com/greet/v2", "v2.1.0"));
        assert!(takes("gopkg.in/yaml.v2", "v2.4.0"));
        assert!(!takes("example.com/greet", "v2.0.0"));
        assert!(!takes("example.com/greet", "v1.0.0+incompatible"));
        assert!(!takes("example.com/greet/v2", "v1.0.0"));
        assert!(!takes("example.com/greet/v2", "v2.0.0+incompatible"));
    }

    proptest! {
        #[test]
        fn the_escaped_path_names_the_same_module(
            text in "[a-z]{1,8}\\.[a-z]{2,3}(/[a-uw-zA-UW-Z][a-zA-Z0-9_-]{4,8}){0,3}",
        ) {
            let path = ModulePath::parse(&text).unwrap();
            prop_assert_eq!(ModulePath::from_escaped(&path.escaped()), Ok(path));
        }

        #[test]
        fn parsing_never_panics(text in ".{0,40}") {
            if let Ok(path) = ModulePath::parse(&text) {
                prop_assert_eq!(path.as_str(), text);
            }
        }
    }
}
