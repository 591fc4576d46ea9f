//! The checksum databases of a world, and what its client is told of their keys.

use std::collections::BTreeMap;

use crate::client::Client;
use crate::host::SitePlan;
use crate::probe::Probe;
use crate::step::Step;
use modfault_kit::HostName;
use modfault_scenario::Scenario;
use modfault_scenario::host::HostSpec;
use modfault_scenario::sumdb::{SumdbSpec, only_database, with_keys};
use modfault_sumdb::DatabaseKey;

/// The databases of one phase.
pub(crate) struct Databases<'a> {
    scenario: &'a Scenario,
    specs: &'a BTreeMap<HostName, HostSpec>,
}

impl<'a> Databases<'a> {
    /// Those that hosts with `specs` have.
    pub(crate) fn new(scenario: &'a Scenario, specs: &'a BTreeMap<HostName, HostSpec>) -> Self {
        Self { scenario, specs }
    }

    /// The database of the host `name`, if it has one.
    pub(crate) fn own(&self, name: &HostName) -> Option<SitePlan> {
        let spec = self.specs.get(name)?.sumdb.as_ref()?;
        Some(self.site(String::new(), name, spec))
    }

    /// The database that a module proxy below `prefix` passes on, if it does.
    pub(crate) fn behind(&self, proxy: &HostSpec) -> Option<SitePlan> {
        let goproxy = proxy.goproxy.as_ref()?;
        let host = goproxy.sumdb.as_ref()?;
        let spec = self.specs.get(host)?.sumdb.as_ref()?;
        let prefix = goproxy.prefix.as_deref().unwrap_or_default();
        let name = spec.name.as_ref().unwrap_or(host);
        let site = self.site(format!("{prefix}/sumdb/{name}"), host, spec);
        Some(match site {
            // What the proxy wants of its clients holds here too; what the database wants, the proxy has.
            SitePlan::Sumdb {
                prefix,
                name,
                modules,
                fillers,
                login: _,
            } => SitePlan::Sumdb {
                prefix,
                name,
                modules,
                fillers,
                login: goproxy.login.clone(),
            },
            other => other,
        })
    }

    fn site(&self, prefix: String, host: &HostName, spec: &SumdbSpec) -> SitePlan {
        let every = || self.scenario.modules.keys().cloned().collect();
        SitePlan::Sumdb {
            prefix,
            name: spec.name.as_ref().unwrap_or(host).to_string(),
            modules: spec.modules.clone().unwrap_or_else(every),
            fillers: spec.fillers.unwrap_or_default(),
            login: spec.login.clone(),
        }
    }

    /// What GOSUMDB says unless the scenario says otherwise: the one database, under its own key; its URL only where that
    /// is not what the name says, for with a URL go asks no module proxy first (`go help module-auth`).
    pub(crate) fn default_setting(&self) -> Option<String> {
        let host = only_database(&self.scenario.hosts)?;
        let key = self.key(host.as_str());
        Some(match self.name(host.as_str()) == host.as_str() {
            true => key,
            false => format!("{key} https://{host}"),
        })
    }

    fn name(&self, host: &str) -> String {
        let named = self.specs.iter().find(|(name, _)| name.as_str() == host);
        named
            .and_then(|(_, spec)| spec.sumdb.as_ref()?.name.as_ref())
            .map_or_else(|| host.to_owned(), ToString::to_string)
    }

    fn key(&self, host: &str) -> String {
        DatabaseKey::derive(self.scenario.seed, &self.name(host)).verifier()
    }

    /// Puts keys in place of their placeholders in a text.
    pub(crate) fn fill(&self, text: &mut String) {
        if text.contains('{') {
            *text = with_keys(text, |host| self.key(host));
        }
    }

    /// Puts keys in place of their placeholders in what probes execute; they are told with the placeholder.
    pub(crate) fn fill_in_probes(&self, probes: &mut [Probe]) {
        for probe in probes {
            self.fill(&mut probe.command);
        }
    }

    /// Puts keys in place of their placeholders: in variables, files and command lines.
    pub(crate) fn fill_in(&self, client: &mut Client, steps: &mut [Step]) {
        let fill = |text: &mut String| self.fill(text);
        client.env.values_mut().for_each(fill);
        client
            .files
            .values_mut()
            .for_each(|file| fill(&mut file.text));
        for step in steps {
            match step {
                Step::Run { command, env, .. } => {
                    fill(command);
                    env.values_mut().for_each(fill);
                }
                Step::Together { commands, env, .. } => {
                    commands.iter_mut().for_each(fill);
                    env.values_mut().for_each(fill);
                }
                Step::Write { text, .. } => fill(text),
                Step::Corrupt { .. }
                | Step::Truncate { .. }
                | Step::Remove { .. }
                | Step::Chmod { .. }
                | Step::Retag { .. }
                | Step::FlushStubResolver => {}
            }
        }
    }
}
