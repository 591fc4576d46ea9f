//! `[hosts."name".component]` and `[client.daemons."name"]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{EnvValue, FileValue, Located};

/// A real program in the place of a fake. As a patch it says what is different.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ComponentFile {
    /// The name of a known one (`nginx`, `squid`, `envoy`, `haproxy`, `dnsmasq`, `nscd`, `athens`, `goproxy`, `sshd`), or an absolute path.
    pub(crate) program: Option<Located<String>>,
    /// The TCP ports that it opens; it has started when it listens on all.
    pub(crate) listen: Option<Vec<u16>>,
    /// The UDP ports that it opens.
    pub(crate) listen_udp: Option<Vec<u16>>,
    /// The unix sockets that it opens, by absolute path.
    pub(crate) listen_unix: Option<Vec<Located<String>>>,
    /// Files in its directory `{dir}`; `false` takes one away.
    pub(crate) files: BTreeMap<Located<String>, FileValue>,
    /// Its arguments; a known program has the usual ones.
    pub(crate) arguments: Option<Vec<Located<String>>>,
    /// Environment variables; `false` takes one away.
    pub(crate) env: BTreeMap<Located<String>, EnvValue>,
    /// Files in its directory that are its logs, beside what it prints.
    pub(crate) logs: Option<Vec<Located<String>>>,
}
