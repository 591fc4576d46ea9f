//! Whether what is called a checksum database is one.

use std::ops::Range;

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{HostFile, Located, ScenarioFile, SumdbFile};
use crate::scenario::Scenario;
use crate::sumdb::{SumdbSpec, key_placeholders, specs};

impl Check<'_> {
    pub(super) fn sumdb(&mut self, file: &SumdbFile) -> SumdbSpec {
        SumdbSpec {
            name: file
                .name
                .as_ref()
                .and_then(|name| self.host_name(&name.value, &name.span)),
            modules: file.modules.as_ref().map(|modules| {
                let known = modules.iter().filter_map(|path| self.known_module(path));
                known.collect()
            }),
            fillers: file.fillers,
            login: file.login.clone(),
        }
    }

    /// Reports keys of databases, and databases behind module proxies, that no host has.
    pub(super) fn databases(&mut self, text: &str, file: &ScenarioFile, scenario: &Scenario) {
        for (span, host) in key_placeholders(text) {
            self.database(host, &span, scenario);
        }
        let faults = file.fault.iter().map(|fault| &fault.value.hosts);
        let remedies = file.fix.iter().chain(&file.nonfix);
        let hosts = std::iter::once(&file.hosts)
            .chain(faults)
            .chain(remedies.map(|remedy| &remedy.value.hosts));
        for host in hosts.flatten().filter_map(|(_, host)| behind(host)) {
            self.database(host.value.as_str(), &host.span, scenario);
        }
    }

    fn database(&mut self, host: &str, span: &Range<usize>, scenario: &Scenario) {
        if specs(scenario, host).any(|spec| spec.sumdb.is_some()) {
            return;
        }
        self.report(
            Diagnostic::new(
                Code::UnknownDatabase,
                format!("`{host}` is no checksum database"),
            )
            .at(span.clone(), "no host of this name has the role")
            .help(format!(
                "give it the role: `[hosts.\"{host}\"]` with `sumdb = {{}}`"
            )),
        );
    }
}

fn behind(host: &HostFile) -> Option<&Located<modfault_kit::HostName>> {
    host.goproxy.as_ref()?.sumdb.as_ref()
}
