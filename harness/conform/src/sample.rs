//! What a subject is asked about, and what is true of it.

use modfault_gomod::{ModulePath, ModuleVersion, escape};

/// A version of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its module path.
    pub path: String,
    /// The version.
    pub version: String,
    /// Its go.mod, where that is known.
    pub go_mod: Option<String>,
    /// The hash of its zip, where that is known.
    pub h1: Option<String>,
    /// The versions in the module's list, where they are known.
    pub list: Option<Vec<String>>,
}

/// What a subject is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// A module with releases; without capital letters where there is a choice.
    pub plain: Known,
    /// One with capital letters in path and version.
    pub capital: Option<Known>,
    /// One whose path is that of `capital` in lower case.
    pub namesake: Option<Known>,
    /// One that has only a pseudo-version.
    pub untagged: Option<Known>,
    /// One whose version is `+incompatible`.
    pub incompatible: Option<Known>,
    /// One that has not been asked for by any other rule.
    pub unasked: Option<Known>,
    /// The name of the checksum database, and a module version that it has.
    pub database: Option<String>,
    /// Whether what is upstream can be bent, and `go` run.
    pub has_world: bool,
}

/// A module version that cannot be asked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no module version such as example.com/greet@v1.0.0")]
pub struct BadModule(String);

impl Known {
    /// One of which nothing but the name is known.
    pub fn named(path: &str, version: &str) -> Self {
        Self {
            path: path.to_owned(),
            version: version.to_owned(),
            go_mod: None,
            h1: None,
            list: None,
        }
    }

    /// `path@version`, of a module version that there may be.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, BadModule> {
        let bad = || BadModule(text.to_owned());
        let (path, version) = text.split_once('@').ok_or_else(bad)?;
        let path = ModulePath::parse(path).map_err(|_| bad())?;
        let version = ModuleVersion::parse(version).map_err(|_| bad())?;
        if !path.takes(&version) {
            return Err(bad());
        }
        Ok(Self::named(path.as_str(), version.as_str()))
    }

    /// Where its file with this ending is: `/example.com/greet/@v/v1.0.0.info`.
    pub fn file(&self, ending: &str) -> String {
        format!("{}/@v/{}.{ending}", self.base(), escape(&self.version))
    }

    /// Where the list of its module is.
    pub fn list_path(&self) -> String {
        format!("{}/@v/list", self.base())
    }

    /// Where the latest version of its module is.
    pub fn latest_path(&self) -> String {
        format!("{}/@latest", self.base())
    }

    /// The same module at another version, of which nothing is known.
    #[must_use]
    pub fn at(&self, version: &str) -> Self {
        Self::named(&self.path, version)
    }

    fn base(&self) -> String {
        format!("/{}", escape(&self.path))
    }
}

impl Sample {
    /// What can be asked of a server about which nothing is known but that it has these.
    pub fn outside(modules: &[Known], database: Option<String>) -> Option<Self> {
        let is_capital = |known: &&Known| {
            let mut letters = known.path.chars().chain(known.version.chars());
            letters.any(|letter| letter.is_ascii_uppercase())
        };
        let plain = modules
            .iter()
            .find(|known| !is_capital(known))
            .or(modules.first())?;
        let incompatible = modules
            .iter()
            .find(|known| known.version.ends_with("+incompatible"));
        Some(Self {
            plain: plain.clone(),
            capital: modules.iter().find(is_capital).cloned(),
            namesake: None,
            untagged: None,
            incompatible: incompatible.cloned(),
            unasked: None,
            database,
            has_world: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_escaped_in_path_and_version() {
        let known = Known::parse("example.com/Camel@v1.0.0-RC.1").unwrap();
        assert_eq!(
            known.file("info"),
            "/example.com/!camel/@v/v1.0.0-!r!c.1.info"
        );
        assert_eq!(known.list_path(), "/example.com/!camel/@v/list");
    }

    #[test]
    fn what_is_no_module_version_is_refused() {
        for text in [
            "",
            "example.com/greet",
            "greet@",
            "example.com/a@v2.0.0",
            "a b@v1.0.0",
        ] {
            assert!(Known::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_module_with_capitals_is_asked_for_as_one() {
        let modules = ["example.com/Camel@v1.0.0", "example.com/greet@v1.0.0"]
            .map(|text| Known::parse(text).unwrap());
        let sample = Sample::outside(&modules, None).unwrap();
        assert_eq!(sample.plain, modules[1]);
        assert_eq!(sample.capital, Some(modules[0].clone()));
        assert_eq!(Sample::outside(&[], None), None);
    }
}
