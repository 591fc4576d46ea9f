//! What a fetch knows of its user, as a value.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The environment variables that finding and fetching depend on.
///
/// The caller makes it from the process environment, a test from a few pairs.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

impl Environment {
    /// The environment with these variables.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }

    /// The same without a variable.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut environment = self.clone();
        environment.variables.remove(name);
        environment
    }

    /// The value of a variable; one that is set to nothing counts as absent.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable under its upper-case name, else under its lower-case one, as proxies are set.
    pub(crate) fn either_case(&self, name: &str) -> Option<&str> {
        self.value(name)
            .or_else(|| self.value(&name.to_ascii_lowercase()))
    }

    /// The user's home, if there is one.
    pub fn home(&self) -> Option<PathBuf> {
        self.value("HOME").map(PathBuf::from)
    }

    /// Where the user's settings live: XDG_CONFIG_HOME or `~/.config`
    /// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub(crate) fn config_home(&self) -> Option<PathBuf> {
        self.absolute("XDG_CONFIG_HOME")
            .or_else(|| Some(self.home()?.join(".config")))
    }

    /// Where modfault keeps what can be made again: MODFAULT_CACHE, XDG_CACHE_HOME/modfault or `~/.cache/modfault`.
    pub fn cache_dir(&self) -> Option<PathBuf> {
        self.value("MODFAULT_CACHE")
            .map(PathBuf::from)
            .or_else(|| Some(self.absolute("XDG_CACHE_HOME")?.join("modfault")))
            .or_else(|| Some(self.home()?.join(".cache/modfault")))
    }

    /// A path that the base directory specification says to ignore unless it is absolute.
    fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.value(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::new(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())))
    }

    #[test]
    fn the_cache_is_where_the_user_says_else_below_the_home() {
        let home = ("HOME", "/home/ada");
        assert_eq!(
            environment(&[home]).cache_dir(),
            Some("/home/ada/.cache/modfault".into())
        );
        let xdg = ("XDG_CACHE_HOME", "/var/tmp/ada");
        assert_eq!(
            environment(&[home, xdg]).cache_dir(),
            Some("/var/tmp/ada/modfault".into())
        );
        let own = ("MODFAULT_CACHE", "/srv/modfault");
        assert_eq!(
            environment(&[home, xdg, own]).cache_dir(),
            Some("/srv/modfault".into())
        );
        assert_eq!(environment(&[]).cache_dir(), None);
    }

    #[test]
    fn a_relative_base_directory_is_ignored() {
        let environment = environment(&[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "cache")]);
        assert_eq!(
            environment.cache_dir(),
            Some("/home/ada/.cache/modfault".into())
        );
    }
}
