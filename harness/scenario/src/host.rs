//! The machines of a scenario's internet, as the scenario declares them.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::component::ComponentSpec;
use crate::name_service::ResolverSpec;
use crate::sumdb::SumdbSpec;
use modfault_kit::HostName;

/// A host: its roles, ports and certificate. As a patch it holds what is different.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HostSpec {
    /// The GOPROXY role.
    pub goproxy: Option<GoproxySpec>,
    /// The checksum database role.
    pub sumdb: Option<SumdbSpec>,
    /// The git role: repositories by their path at the host.
    pub git: BTreeMap<String, Repository>,
    /// The keys that it accepts over SSH, where it serves its repositories so.
    pub ssh: Option<Vec<String>>,
    /// go-import pages by import path prefix.
    pub vanity: BTreeMap<String, GoImport>,
    /// Plain pages by path.
    pub pages: BTreeMap<String, Page>,
    /// The HTTP proxy role.
    pub http_proxy: Option<ProxySpec>,
    /// The name server role.
    pub resolver: Option<ResolverSpec>,
    /// The real program that it is, in place of any role.
    pub component: Option<ComponentSpec>,
    /// What is spoken on which port, where the scenario says so.
    pub ports: BTreeMap<u16, PortUse>,
    /// The certificate, where it is not the ordinary one.
    pub tls: TlsSpec,
}

/// A module proxy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GoproxySpec {
    /// The modules that it serves.
    pub modules: Option<Vec<String>>,
    /// The path below which it serves them, without final slash.
    pub prefix: Option<String>,
    /// Credentials that are wanted.
    pub login: Option<Login>,
    /// The host whose checksum database it passes on.
    pub sumdb: Option<HostName>,
}

/// An HTTP proxy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProxySpec {
    /// The authority that it mints certificates from, where it ends TLS.
    pub terminate: Option<Authority>,
    /// Credentials that are wanted.
    pub login: Option<Login>,
    /// Host patterns that it refuses.
    pub deny: Option<Vec<String>>,
    /// Path patterns that it refuses, where it sees any.
    pub deny_paths: Option<Vec<String>>,
    /// The ports that CONNECT may lead to, where not to all.
    pub connect_ports: Option<Vec<u16>>,
}

/// The certificate of a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TlsSpec {
    /// Who signed it.
    pub authority: Option<Authority>,
    /// The names in it.
    pub names: Option<Vec<String>>,
}

/// A certificate authority of the world.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Authority {
    /// In every store.
    Public,
    /// The company's own; in a store only where the scenario says so.
    Corporate,
}

/// What is spoken on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PortUse {
    /// HTTP over TLS.
    Https,
    /// Plain HTTP.
    Http,
    /// An HTTP proxy without TLS towards the client.
    HttpProxy,
    /// An HTTP proxy with TLS towards the client.
    HttpsProxy,
    /// SSH, for the repositories.
    Ssh,
    /// Nothing: for a port that would be open otherwise.
    Closed,
    /// Nothing yet: who listens accepts no connection, and the queue of those that wait is full.
    Overloaded,
}

impl PortUse {
    /// Whether TLS is spoken on it.
    pub fn has_tls(self) -> bool {
        match self {
            Self::Https | Self::HttpsProxy => true,
            Self::Http | Self::HttpProxy | Self::Ssh | Self::Closed | Self::Overloaded => false,
        }
    }
}

/// A go-import tag, `prefix vcs repository subdirectory`, and who is shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoImport {
    /// `git` unless stated, `mod`, ...
    #[serde(default = "git")]
    pub vcs: String,
    /// The URL of the repository or module proxy.
    pub repository: String,
    /// The directory of the repository in which the module is: a fourth field of the tag, which go reads since 1.25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdirectory: Option<String>,
    /// Credentials that are wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// What is shown to who does not bring them; 401 unless stated.
    #[serde(default)]
    pub otherwise: Otherwise,
}

impl GoImport {
    /// A git repository at this URL, for everybody.
    pub fn git(repository: impl Into<String>) -> Self {
        Self {
            vcs: git(),
            repository: repository.into(),
            subdirectory: None,
            login: None,
            otherwise: Otherwise::default(),
        }
    }
}

/// What a go-import page is to who does not bring the credentials that it wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// 401.
    #[default]
    Unauthorized,
    /// 404.
    NotFound,
    /// 200 with a login form.
    LoginPage,
    /// A tag for the first two elements below the host, as GitLab does for nested groups.
    TwoElements,
}

fn git() -> String {
    "git".to_owned()
}

/// A plain page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Page {
    /// Status; 200 unless stated.
    #[serde(default = "ok")]
    pub status: u16,
    /// `Content-Type`; HTML unless stated.
    #[serde(default = "html")]
    pub content_type: String,
    /// The body.
    pub body: String,
}

fn ok() -> u16 {
    200
}

fn html() -> String {
    "text/html; charset=utf-8".to_owned()
}

impl Page {
    /// This HTML under 200.
    pub fn html(body: impl Into<String>) -> Self {
        Self {
            status: ok(),
            content_type: html(),
            body: body.into(),
        }
    }
}

/// A repository made from module sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// The module whose versions become commits on `main`, each with its tag.
    pub module: String,
    /// Further modules by their directory; their versions become commits after those, with tags such as `sub/v1.0.0`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subdirectories: BTreeMap<String, String>,
    /// The versions that get no tag.
    pub untagged: Vec<String>,
    /// Further branches, each at the commit of a version.
    pub branches: BTreeMap<String, String>,
    /// Credentials that are wanted, if any.
    pub login: Option<Login>,
}

/// Basic credentials (RFC 7617).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password or token.
    pub password: String,
}

impl HostSpec {
    /// This host with what `patch` says different: whole values replace, maps are merged by key.
    pub fn patched(&self, patch: &Self) -> Self {
        let mut host = self.clone();
        if let Some(patch) = &patch.goproxy {
            let goproxy = host.goproxy.get_or_insert_default();
            replace(&mut goproxy.modules, &patch.modules);
            replace(&mut goproxy.prefix, &patch.prefix);
            replace(&mut goproxy.login, &patch.login);
            replace(&mut goproxy.sumdb, &patch.sumdb);
        }
        if let Some(patch) = &patch.sumdb {
            host.sumdb.get_or_insert_default().patch(patch);
        }
        if let Some(patch) = &patch.http_proxy {
            let proxy = host.http_proxy.get_or_insert_default();
            replace(&mut proxy.terminate, &patch.terminate);
            replace(&mut proxy.login, &patch.login);
            replace(&mut proxy.deny, &patch.deny);
            replace(&mut proxy.deny_paths, &patch.deny_paths);
            replace(&mut proxy.connect_ports, &patch.connect_ports);
        }
        if let Some(patch) = &patch.resolver {
            host.resolver = Some(host.resolver.unwrap_or_default().patched(patch));
        }
        if let Some(patch) = &patch.component {
            host.component.get_or_insert_default().patch(patch);
        }
        merge(&mut host.git, &patch.git);
        replace(&mut host.ssh, &patch.ssh);
        merge(&mut host.vanity, &patch.vanity);
        merge(&mut host.pages, &patch.pages);
        merge(&mut host.ports, &patch.ports);
        replace(&mut host.tls.authority, &patch.tls.authority);
        replace(&mut host.tls.names, &patch.tls.names);
        host
    }

    /// Whether it serves anything of its own over HTTP, proxying apart; a host without any role is an empty web server.
    pub fn is_web(&self) -> bool {
        self.goproxy.is_some()
            || self.sumdb.is_some()
            || !self.git.is_empty()
            || !self.vanity.is_empty()
            || !self.pages.is_empty()
            || (self.http_proxy.is_none() && self.resolver.is_none() && self.component.is_none())
    }

    /// What is spoken on which port, defaults included: 443 https and 80 http for a web host, 3128 for an HTTP proxy,
    /// 22 ssh for a git server over SSH.
    pub fn open_ports(&self) -> BTreeMap<u16, PortUse> {
        let stated = |wanted: fn(PortUse) -> bool| self.ports.values().any(|u| wanted(*u));
        let mut ports = BTreeMap::new();
        if self.is_web() && !stated(|u| matches!(u, PortUse::Http | PortUse::Https)) {
            ports.insert(443, PortUse::Https);
            ports.insert(80, PortUse::Http);
        }
        if self.http_proxy.is_some()
            && !stated(|u| matches!(u, PortUse::HttpProxy | PortUse::HttpsProxy))
        {
            ports.insert(3128, PortUse::HttpProxy);
        }
        if self.ssh.is_some() && !stated(|u| matches!(u, PortUse::Ssh)) {
            ports.insert(22, PortUse::Ssh);
        }
        merge(&mut ports, &self.ports);
        ports.retain(|_, spoken| *spoken != PortUse::Closed);
        ports
    }
}

pub(crate) fn replace<T: Clone>(target: &mut Option<T>, patch: &Option<T>) {
    if patch.is_some() {
        target.clone_from(patch);
    }
}

pub(crate) fn merge<K: Ord + Clone, V: Clone>(target: &mut BTreeMap<K, V>, patch: &BTreeMap<K, V>) {
    target.extend(
        patch
            .iter()
            .map(|(key, value)| (key.clone(), value.clone())),
    );
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public",
            Self::Corporate => "corporate",
        })
    }
}
