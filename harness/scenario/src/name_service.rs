//! Who answers questions about names: name servers with a view of their own, and the client's caching resolver.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::RESOLVER_ADDRESS;
use crate::host::{merge, replace};
use modfault_kit::HostName;
use modfault_kit::select::wildcard;

/// What a name server sees of the names of the world. As a patch it holds what is different.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolverSpec {
    /// Patterns of names that do not exist for it.
    pub unknown: Option<Vec<String>>,
    /// Names that have other addresses for it; none for a name that exists without.
    pub names: BTreeMap<HostName, Vec<IpAddr>>,
}

impl ResolverSpec {
    pub(crate) fn patched(&self, patch: &Self) -> Self {
        let mut view = self.clone();
        replace(&mut view.unknown, &patch.unknown);
        merge(&mut view.names, &patch.names);
        view
    }

    /// Whether `name` is one that exists in the world and not for this name server.
    pub fn hides(&self, name: &HostName) -> bool {
        let mut patterns = self.unknown.iter().flatten();
        patterns.any(|pattern| wildcard(pattern, name.as_str()))
    }
}

/// A caching resolver on the client. As a patch it holds what is different.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StubSpec {
    /// The name servers that it asks.
    pub upstreams: Option<Vec<Ipv4Addr>>,
    /// Other name servers for the names in and below a domain.
    pub routes: BTreeMap<HostName, Vec<Ipv4Addr>>,
    /// What it still believes of names from before: their addresses, or none for a name that did not exist.
    pub stale: BTreeMap<HostName, Vec<IpAddr>>,
    /// How long it still does.
    pub stale_for: Option<Duration>,
}

impl StubSpec {
    /// How long a stale entry counts unless the scenario says otherwise: as long as the records of the world's name servers.
    const STALE_FOR: Duration = Duration::from_secs(300);

    pub(crate) fn patched(&self, patch: &Self) -> Self {
        let mut stub = self.clone();
        replace(&mut stub.upstreams, &patch.upstreams);
        merge(&mut stub.routes, &patch.routes);
        merge(&mut stub.stale, &patch.stale);
        replace(&mut stub.stale_for, &patch.stale_for);
        stub
    }

    /// The name servers that it asks, the world's resolver unless stated.
    pub fn upstreams(&self) -> Vec<Ipv4Addr> {
        (self.upstreams.clone()).unwrap_or_else(|| vec![RESOLVER_ADDRESS])
    }

    /// How long stale entries count.
    pub fn stale_for(&self) -> Duration {
        self.stale_for.unwrap_or(Self::STALE_FOR)
    }
}
