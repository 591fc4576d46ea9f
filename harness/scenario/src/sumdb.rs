//! Checksum databases, as a scenario declares them and speaks of their keys.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use crate::host::{HostSpec, Login, replace};
use crate::scenario::{Scenario, ScenarioFault};
use modfault_kit::HostName;

/// The checksum database role. As a patch it holds what is different.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SumdbSpec {
    /// The database's name, which its key is for; the host's own unless stated.
    pub name: Option<HostName>,
    /// The modules that are in its log; all of the scenario unless stated.
    pub modules: Option<Vec<String>>,
    /// How many records of other modules come before these.
    pub fillers: Option<u64>,
    /// Credentials that are wanted.
    pub login: Option<Login>,
}

impl SumdbSpec {
    pub(crate) fn patch(&mut self, patch: &Self) {
        replace(&mut self.name, &patch.name);
        replace(&mut self.modules, &patch.modules);
        replace(&mut self.fillers, &patch.fillers);
        replace(&mut self.login, &patch.login);
    }
}

/// What stands before the host in the placeholder of a key: `{sumdb-key:sum.golang.org}`.
const BEGINS: &str = "{sumdb-key:";

/// The placeholders in `text`: where they stand, and of which host's database each is the key.
pub fn key_placeholders(text: &str) -> Vec<(Range<usize>, &str)> {
    let starts = text.match_indices(BEGINS);
    starts
        .filter_map(|(start, _)| {
            let host = start + BEGINS.len();
            let length = text[host..].find(['}', '\n', '"', ' '])?;
            let end = host + length;
            text[end..]
                .starts_with('}')
                .then(|| (start..end + 1, &text[host..end]))
        })
        .collect()
}

/// `text` with `key` of each host in place of its placeholder.
pub fn with_keys(text: &str, key: impl Fn(&str) -> String) -> String {
    let mut replaced = String::new();
    let mut from = 0;
    for (place, host) in key_placeholders(text) {
        replaced.push_str(&text[from..place.start]);
        replaced.push_str(&key(host));
        from = place.end;
    }
    replaced.push_str(&text[from..]);
    replaced
}

/// The host whose database the client uses unless it is told otherwise: the only one that has one from the beginning.
pub fn only_database(hosts: &BTreeMap<HostName, HostSpec>) -> Option<&HostName> {
    let mut databases = hosts.iter().filter(|(_, spec)| spec.sumdb.is_some());
    let (host, _) = databases.next()?;
    databases.next().is_none().then_some(host)
}

/// Every state of a host that a scenario has, patches among them.
pub(crate) fn specs<'a>(
    scenario: &'a Scenario,
    host: &'a str,
) -> impl Iterator<Item = &'a HostSpec> {
    let patches = scenario.faults.iter().filter_map(|fault| match fault {
        ScenarioFault::Placed(_) => None,
        ScenarioFault::Patch(patch) => Some(&patch.hosts),
    });
    let remedies = scenario.fixes.iter().chain(&scenario.nonfixes);
    std::iter::once(&scenario.hosts)
        .chain(patches)
        .chain(remedies.map(|remedy| &remedy.hosts))
        .flatten()
        .filter(move |(name, _)| name.as_str() == host)
        .map(|(_, spec)| spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_take_the_place_of_their_placeholders() {
        let key = |host: &str| format!("<{host}>");
        let text = "{sumdb-key:a.example} https://b.example and {sumdb-key:b.example}";
        assert_eq!(
            with_keys(text, key),
            "<a.example> https://b.example and <b.example>"
        );
    }

    #[test]
    fn what_only_begins_like_a_placeholder_stays() {
        for text in ["{sumdb-key:a.example", "{sumdb-key:a b}", "sumdb-key:a}"] {
            assert_eq!(with_keys(text, |_| unreachable!()), text);
        }
    }
}
