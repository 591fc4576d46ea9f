//! The machines of the small internet.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// One machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Host {
    /// Its address.
    pub address: Ipv4Addr,
    /// What listens, by port. A resolver has none here: it always listens on 53, UDP and TCP.
    pub listeners: BTreeMap<u16, Listener>,
    /// What its web listeners serve; the first site that takes a request answers it.
    pub sites: Vec<SitePlan>,
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
}

/// The certificate of a listener. Flaws come as faults, not here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TlsPlan {
    /// Who signed it.
    pub authority: Authority,
    /// The names in it; the host's own unless the scenario says otherwise.
    pub names: Vec<String>,
}

/// A certificate authority of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authority {
    /// In every store.
    Public,
    /// The company's own; in a store only where the scenario says so.
    Corporate,
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

/// A go-import tag: `prefix vcs repository`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoImport {
    /// `git`, `mod`, ...
    pub vcs: String,
    /// The URL of the repository or module proxy.
    pub repository: String,
}

/// A plain page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// A repository made from module sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The module (a key of `World::modules`) whose versions become commits on `main`, each with its tag.
    pub module: String,
    /// The versions that get no tag.
    pub untagged: Vec<String>,
    /// Further branches, each at the commit of a version.
    pub branches: BTreeMap<String, String>,
    /// Credentials that are wanted, if any.
    pub login: Option<Login>,
}

/// Basic credentials (RFC 7617).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password or token.
    pub password: String,
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
}
