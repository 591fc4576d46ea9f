//! Name servers and the client's caching resolver.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Check;
use crate::file::{Located, ResolverFile, ScenarioFile, StubFile};
use crate::name_service::{ResolverSpec, StubSpec};
use modfault_kit::HostName;

impl Check<'_> {
    pub(super) fn resolver(&mut self, file: &ResolverFile) -> ResolverSpec {
        ResolverSpec {
            unknown: file.unknown.as_ref().map(|patterns| {
                let patterns = patterns.iter().inspect(|pattern| self.glob(pattern));
                patterns.map(|pattern| pattern.value.clone()).collect()
            }),
            names: self.addresses_by_name(&file.names),
        }
    }

    pub(super) fn stub_resolver(&mut self, file: &StubFile) -> StubSpec {
        let routes = file.routes.iter().filter_map(|(domain, servers)| {
            Some((
                self.host_name(&domain.value, &domain.span)?,
                servers.clone(),
            ))
        });
        StubSpec {
            upstreams: file.upstreams.clone(),
            routes: routes.collect(),
            stale: self.addresses_by_name(&file.stale),
            stale_for: file.stale_for,
        }
    }

    fn addresses_by_name(
        &mut self,
        names: &BTreeMap<Located<String>, Vec<IpAddr>>,
    ) -> BTreeMap<HostName, Vec<IpAddr>> {
        let names = names.iter().filter_map(|(name, addresses)| {
            Some((self.host_name(&name.value, &name.span)?, addresses.clone()))
        });
        names.collect()
    }
}

/// Whether a caching resolver runs on the client in any phase.
pub(super) fn has_stub_resolver(file: &ScenarioFile) -> bool {
    let faults = file
        .fault
        .iter()
        .filter_map(|fault| fault.value.client.as_ref());
    let remedies = file.fix.iter().chain(&file.nonfix);
    file.client.stub_resolver.is_some()
        || faults
            .into_iter()
            .any(|client| client.value.stub_resolver.is_some())
        || remedies
            .filter_map(|remedy| remedy.value.client.as_ref())
            .any(|client| client.stub_resolver.is_some())
}
