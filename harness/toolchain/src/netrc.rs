//! The `.netrc` file: who to be at which host (`curl` manual, "--netrc").

use std::path::PathBuf;

use crate::environment::Environment;

/// Logins by host, in the order of the file. Its `Debug` shows no password.
#[derive(Clone, Default)]
pub(crate) struct Netrc {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    /// `None` for `default`.
    machine: Option<String>,
    login: Login,
}

/// A user name and password.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Netrc {
    /// The file that NETRC names, else `~/.netrc`; no file means no logins.
    pub(crate) fn load(environment: &Environment) -> Self {
        let path = environment
            .value("NETRC")
            .map(PathBuf::from)
            .or_else(|| Some(environment.home()?.join(".netrc")));
        path.and_then(|path| std::fs::read_to_string(path).ok())
            .map(|text| Self::parse(&text))
            .unwrap_or_default()
    }

    /// Reads the text of a file; what is not understood is passed over, as other readers do.
    pub(crate) fn parse(text: &str) -> Self {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut words = line
                .split_whitespace()
                .take_while(|word| !word.starts_with('#'));
            while let Some(word) = words.next() {
                match word {
                    "machine" => entries.push(Entry {
                        machine: Some(words.next().unwrap_or_default().to_owned()),
                        login: Login::default(),
                    }),
                    "default" => entries.push(Entry {
                        machine: None,
                        login: Login::default(),
                    }),
                    // a macro lasts until an empty line
                    "macdef" => {
                        lines
                            .by_ref()
                            .take_while(|line| !line.trim().is_empty())
                            .for_each(drop);
                        break;
                    }
                    "login" | "password" | "account" => {
                        let value = words.next().unwrap_or_default();
                        if let Some(entry) = entries.last_mut() {
                            match word {
                                "login" => entry.login.user = value.to_owned(),
                                "password" => entry.login.password = value.to_owned(),
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Self { entries }
    }

    /// The login for a host: the first entry with its name, else the default.
    pub(crate) fn login(&self, host: &str) -> Option<&Login> {
        let named = |entry: &&Entry| {
            entry
                .machine
                .as_deref()
                .is_some_and(|machine| machine.eq_ignore_ascii_case(host))
        };
        self.entries
            .iter()
            .find(named)
            .or_else(|| self.entries.iter().find(|entry| entry.machine.is_none()))
            .map(|entry| &entry.login)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user<'a>(netrc: &'a Netrc, host: &str) -> Option<(&'a str, &'a str)> {
        netrc
            .login(host)
            .map(|login| (login.user.as_str(), login.password.as_str()))
    }

    #[test]
    fn a_login_is_found_by_host_on_one_line_or_on_several() {
        let netrc = Netrc::parse(
            "# ours\nmachine pypi.corp.example login ada password s3cret\nmachine goproxy.corp.example\n  login bob\n  password other # old\n",
        );
        assert_eq!(user(&netrc, "pypi.corp.example"), Some(("ada", "s3cret")));
        assert_eq!(user(&netrc, "GOPROXY.corp.example"), Some(("bob", "other")));
        assert_eq!(user(&netrc, "corp.example"), None);
    }

    #[test]
    fn the_default_serves_hosts_without_an_entry_and_a_macro_is_passed_over() {
        let netrc = Netrc::parse(
            "machine a.example login ada password one\nmacdef init\nmachine evil login x password y\n\ndefault login anonymous password guest\n",
        );
        assert_eq!(user(&netrc, "a.example"), Some(("ada", "one")));
        assert_eq!(user(&netrc, "evil"), Some(("anonymous", "guest")));
    }

    #[test]
    fn a_truncated_file_is_no_panic() {
        for text in [
            "machine",
            "login",
            "password x",
            "machine a login",
            "macdef",
        ] {
            assert!(Netrc::parse(text).login("b").is_none(), "{text}");
        }
    }
}
