//! `[hosts."name"]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ComponentFile, Located, ResolverFile};
use crate::host::{Authority, GoImport, Login, Page, PortUse};
use modfault_kit::HostName;

/// One machine of the small internet; its roles are the keys that it has. As a patch it says what is different.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct HostFile {
    /// It serves modules by the GOPROXY protocol.
    pub(crate) goproxy: Option<GoproxyFile>,
    /// It is a checksum database, under a key of its own.
    pub(crate) sumdb: Option<SumdbFile>,
    /// It serves git repositories over HTTP, and over SSH where `ssh` is given.
    pub(crate) git: Option<GitFile>,
    /// It serves go-import pages, by import path prefix.
    pub(crate) vanity: BTreeMap<Located<String>, ImportFile>,
    /// It serves plain pages, by path.
    pub(crate) pages: BTreeMap<String, PageFile>,
    /// It is an HTTP proxy.
    pub(crate) http_proxy: Option<ProxyFile>,
    /// It is a name server.
    pub(crate) resolver: Option<ResolverFile>,
    /// It is a real program, and has no other role.
    pub(crate) component: Option<ComponentFile>,
    /// On which ports it speaks what; 443 https and 80 http, 3128 http-proxy for a proxy, and 22 ssh with `git.ssh`, unless stated.
    pub(crate) ports: BTreeMap<u16, PortUse>,
    /// Its certificate.
    pub(crate) tls: Option<TlsFile>,
}

/// A module proxy.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GoproxyFile {
    /// The modules that it serves, by module path.
    pub(crate) modules: Option<Vec<Located<String>>>,
    /// A path below which it serves them: `/goproxy`.
    pub(crate) prefix: Option<String>,
    /// Credentials that are wanted.
    pub(crate) login: Option<Login>,
    /// The checksum database that it passes on below `/sumdb/`, by its host.
    pub(crate) sumdb: Option<Located<HostName>>,
}

/// A checksum database.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SumdbFile {
    /// Its name, which its key is for; the host's own unless stated.
    pub(crate) name: Option<Located<String>>,
    /// The modules in its log, by module path; all of the scenario unless stated.
    pub(crate) modules: Option<Vec<Located<String>>>,
    /// How many records of other modules come before these; a full tile has 256.
    pub(crate) fillers: Option<u64>,
    /// Credentials that are wanted.
    pub(crate) login: Option<Login>,
}

/// A git server.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct GitFile {
    /// Modules whose repositories it has, each at the module path, without the host's own name where it begins with that.
    pub(crate) repos: Vec<Located<String>>,
    /// Repositories by their path at the host.
    pub(crate) repositories: BTreeMap<String, RepositoryFile>,
    /// Credentials that are wanted for every repository without its own.
    pub(crate) login: Option<Login>,
    /// The names of the SSH keys that it accepts; it serves its repositories over SSH too, to the user `git`.
    pub(crate) ssh: Option<Vec<Located<String>>>,
    /// Whether it answers `?go-get=1` for modules under its own name, as code hosts do; yes unless `false`.
    pub(crate) go_import: Option<bool>,
}

/// A repository.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepositoryFile {
    /// The module whose versions are its commits.
    pub(crate) module: Located<String>,
    /// Further modules in it, by their directory; their tags begin with that: `sub/v1.0.0`.
    #[serde(default)]
    pub(crate) subdirectories: BTreeMap<String, Located<String>>,
    /// Versions without a tag.
    #[serde(default)]
    pub(crate) untagged: Vec<Located<String>>,
    /// Further branches, each at a version.
    #[serde(default)]
    pub(crate) branches: BTreeMap<String, Located<String>>,
    /// Credentials that are wanted.
    #[serde(default)]
    pub(crate) login: Option<Login>,
}

/// What a go-import page says: the URL of a git repository, or more.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ImportFile {
    /// A git repository at this URL.
    Git(String),
    /// Any version control system, or `mod`.
    Full(GoImport),
}

/// A page: its HTML, or more.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum PageFile {
    /// This HTML under 200.
    Html(String),
    /// Any status and type.
    Full(Page),
}

/// An HTTP proxy.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ProxyFile {
    /// It ends TLS and mints certificates from this authority; otherwise CONNECT is passed through.
    pub(crate) terminate: Option<Authority>,
    /// Credentials that are wanted.
    pub(crate) login: Option<Login>,
    /// Host patterns that it refuses with 403.
    pub(crate) deny: Option<Vec<Located<String>>>,
    /// Path patterns that it refuses with 403: of plain requests, and of those within TLS that it ends.
    pub(crate) deny_paths: Option<Vec<Located<String>>>,
    /// The ports that CONNECT may lead to; all unless stated.
    pub(crate) connect_ports: Option<Vec<u16>>,
}

/// A certificate.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsFile {
    /// Who signed it; the public authority unless stated.
    pub(crate) authority: Option<Authority>,
    /// The names in it; the host's own unless stated.
    pub(crate) names: Option<Vec<String>>,
}
