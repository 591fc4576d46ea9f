//! The machines of the small internet.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::component::ComponentPlan;

pub use modfault_scenario::host::{Authority, GoImport, Login, Otherwise, Page, Repository};
pub use modfault_scenario::name_service::ResolverSpec;

/// One machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its address.
    pub address: Ipv4Addr,
    /// What listens, by port. A resolver has none here: it always listens on 53, UDP and TCP.
    pub listeners: BTreeMap<u16, Listener>,
    /// What its web listeners serve; the first site that takes a request answers it.
    pub sites: Vec<SitePlan>,
    /// What it sees of the world's names, where it is a name server.
    pub resolver: Option<ResolverSpec>,
    /// The real program that it is, in place of all of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentPlan>,
}

/// One listening port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    /// TLS, if it is spoken.
    pub tls: Option<TlsPlan>,
    /// What is behind it.
    pub serves: Serves,
}

/// What is behind a port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Serves {
    /// The host's sites.
    Sites,
    /// An HTTP proxy.
    HttpProxy(ProxyPlan),
    /// The host's repositories over SSH, to whoever has one of the keys of these names.
    Ssh {
        /// The names of the keys that are accepted.
        keys: Vec<String>,
    },
    /// A program that accepts nothing, behind a queue that is full.
    Nobody,
}

/// The certificate of a listener. Flaws come as faults, not here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TlsPlan {
    /// Who signed it.
    pub authority: Authority,
    /// The names in it; the host's own unless the scenario says otherwise.
    pub names: Vec<String>,
}

/// What a web host serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SitePlan {
    /// A module proxy with these modules (keys of `World::modules`), below a path prefix (`""` or `/goproxy`).
    Goproxy {
        /// Path prefix without final slash.
        prefix: String,
        /// Module paths.
        modules: Vec<String>,
        /// Basic credentials that are wanted, if any.
        login: Option<Login>,
    },
    /// A checksum database below a path prefix: `""`, or `/sumdb/sum.golang.org` behind a module proxy.
    Sumdb {
        /// Path prefix without final slash.
        prefix: String,
        /// Its name, which its key is for.
        name: String,
        /// Paths of the modules in its log (keys of `World::modules`).
        modules: Vec<String>,
        /// How many records of other modules come before these.
        fillers: u64,
        /// Basic credentials that are wanted, if any.
        login: Option<Login>,
    },
    /// A git server.
    Git {
        /// By path at the host, without leading slash: `example.com/greet.git` or `team/greet`.
        repositories: BTreeMap<String, Repository>,
    },
    /// go-import pages: module path prefix → what the page says.
    Vanity {
        /// By import path prefix, host included.
        imports: BTreeMap<String, GoImport>,
    },
    /// Plain pages by path.
    Pages {
        /// Body by path.
        pages: BTreeMap<String, Page>,
    },
}

/// An HTTP proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyPlan {
    /// The authority that it mints leaves from; `None` for a proxy that passes CONNECT through.
    pub terminate: Option<Authority>,
    /// Credentials that are wanted, if any.
    pub login: Option<Login>,
    /// Host patterns that it refuses with 403.
    pub deny: Vec<String>,
    /// Path patterns that it refuses with 403, where it sees any.
    #[serde(default)]
    pub deny_paths: Vec<String>,
    /// The ports that CONNECT may lead to, where not to all.
    #[serde(default)]
    pub connect_ports: Option<Vec<u16>>,
}
