//! `resolver` of `[hosts."name"]` and `stub-resolver` of `[client]`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Located;
use modfault_kit::quantity::DurationText;

/// A name server: it knows every name of the world but those that this says.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ResolverFile {
    /// Patterns of names that do not exist for it: `*.corp.example`.
    pub(crate) unknown: Option<Vec<Located<String>>>,
    /// Names that have other addresses for it; `[]` for one that exists without.
    pub(crate) names: BTreeMap<Located<String>, Vec<IpAddr>>,
}

/// A caching resolver on the client, at 127.0.0.53, as systemd-resolved or dnsmasq would be; /etc/resolv.conf names it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct StubFile {
    /// The name servers that it asks, in order; the world's resolver unless stated.
    pub(crate) upstreams: Option<Vec<Ipv4Addr>>,
    /// Other name servers for the names in and below a domain.
    pub(crate) routes: BTreeMap<Located<String>, Vec<Ipv4Addr>>,
    /// What it still believes of names from before: their addresses, or `[]` for one that did not exist.
    pub(crate) stale: BTreeMap<Located<String>, Vec<IpAddr>>,
    /// How long it still does; 5 minutes unless stated.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "Option<DurationText>")]
    pub(crate) stale_for: Option<Duration>,
}

/// What a step can flush.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FlushFile {
    /// The cache of the client's own resolver.
    StubResolver,
}
