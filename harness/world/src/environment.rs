//! The variables that every command gets: nothing else reaches it, least of all from the machine it runs on.

use std::collections::BTreeMap;

/// Each variable with its value and the reason for it.
pub const DEFAULT_ENVIRONMENT: &[(&str, &str, &str)] = &[
    (
        "GOSUMDB",
        "off",
        "the public database cannot be imitated under its own key; a scenario with a database of ours has that",
    ),
    (
        "GOTOOLCHAIN",
        "local",
        "the toolchain under test is the one that answers",
    ),
    (
        "HOME",
        "/home/dev",
        "go, git and curl find their files below it",
    ),
    (
        "LANG",
        "C",
        "what tools print must not depend on a language",
    ),
    (
        "LC_ALL",
        "C",
        "what tools print must not depend on a language",
    ),
    ("LOGNAME", "dev", "as at a login"),
    (
        "PATH",
        "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin",
        "the toolchain first, then the machine's own programs",
    ),
    (
        "TERM",
        "dumb",
        "no tool colours its output or moves a cursor",
    ),
    ("USER", "dev", "as at a login"),
];

/// The default variables with what a scenario says different; `None` takes one away. `sumdb` is the value of GOSUMDB in a
/// world that has a database.
pub fn environment(
    changes: &BTreeMap<String, Option<String>>,
    sumdb: Option<String>,
) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> = DEFAULT_ENVIRONMENT
        .iter()
        .map(|(name, value, _)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    if let Some(sumdb) = sumdb {
        env.insert("GOSUMDB".to_owned(), sumdb);
    }
    for (name, value) in changes {
        match value {
            Some(value) => env.insert(name.clone(), value.clone()),
            None => env.remove(name),
        };
    }
    env
}
