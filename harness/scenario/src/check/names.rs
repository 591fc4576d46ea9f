//! Whether every host that the file speaks of is declared.

use std::ops::Range;

use super::Check;
use crate::address::{NOWHERE, RESOLVER, STUB_RESOLVER};
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{EnvValue, ScenarioFile};
use crate::scenario::Scenario;
use modfault_kit::HostName;

/// Variables whose value names hosts by URL.
const URL_VARIABLES: [&str; 8] = [
    "GOPROXY",
    "GOSUMDB",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

impl Check<'_> {
    /// Reports hosts in values and URLs that the scenario does not declare.
    pub(super) fn names(
        &mut self,
        text: &str,
        file: &ScenarioFile,
        host_names: &[(Range<usize>, HostName)],
        scenario: &Scenario,
    ) {
        for (span, name) in host_names {
            // A name that stands elsewhere too is meant so: a typo in GOPROXY that is the fault, a module's domain.
            let as_value = host_names.iter().filter(|(_, other)| other == name).count();
            if !scenario.names.contains_key(name)
                && occurrences(text, name.as_str()) <= as_value
                && !self.is_reported(span)
            {
                self.declared(name, span);
            }
        }
        for (variable, value) in &file.client.env {
            let EnvValue::Set(value) = value else {
                continue;
            };
            if !URL_VARIABLES.contains(&variable.value.as_str()) {
                continue;
            }
            for host in hosts_of_urls(value) {
                if !scenario.names.contains_key(&host) && !self.is_declared(&host) {
                    self.report(
                        Diagnostic::new(
                            Code::UnknownHost,
                            format!("`{}` names the unknown host `{host}`", variable.value),
                        )
                        .at(variable.span.clone(), "the scenario declares no such host")
                        .help(format!(
                            "declare it as `[hosts.\"{host}\"]`, or make the wrong name the fault: `[[fault]] client.env.{} = …`",
                            variable.value
                        )),
                    );
                }
            }
        }
    }

    /// Whether `host` is a machine of the scenario, or the one that is not there.
    pub(super) fn is_declared(&self, host: &HostName) -> bool {
        match host.as_str() {
            RESOLVER => true,
            NOWHERE => self.has_nowhere,
            STUB_RESOLVER => self.has_stub_resolver,
            _ => self.hosts.contains_key(host),
        }
    }

    /// Whether this place has an unknown host already.
    fn is_reported(&self, span: &Range<usize>) -> bool {
        self.diagnostics.iter().any(|diagnostic| {
            diagnostic.code == Code::UnknownHost
                && diagnostic.labels.iter().any(|label| label.span == *span)
        })
    }
}

/// The host names in a list of URLs, separated as in GOPROXY; addresses and this machine itself apart.
fn hosts_of_urls(list: &str) -> Vec<HostName> {
    list.split([',', '|'])
        .filter_map(|url| {
            let (_, rest) = url.trim().split_once("://")?;
            let authority = rest.split(['/', '?', '#']).next()?;
            let host = authority.rsplit('@').next()?;
            let host = host.split(':').next()?;
            let is_address = host.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            (!is_address && host != "localhost").then_some(host)
        })
        .filter_map(|host| HostName::parse(host).ok())
        .collect()
}

/// How often `name` stands in `text` as a whole name.
fn occurrences(text: &str, name: &str) -> usize {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.match_indices(name)
        .filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_proxy_lists() {
        let hosts = hosts_of_urls(
            "https://u:p@a.example:8443/x|http://b.example,direct,https://203.0.113.9,off",
        );
        let hosts: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
        assert_eq!(hosts, ["a.example", "b.example"]);
    }

    #[test]
    fn a_name_inside_another_does_not_count() {
        assert_eq!(
            occurrences("x.corp.example corp.example/y", "corp.example"),
            1
        );
    }
}
