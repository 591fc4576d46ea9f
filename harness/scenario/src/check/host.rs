//! Hosts and their roles.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::Range;

use super::Check;
use crate::address::{
    CLIENT_ADDRESS, GATEWAY_ADDRESS, NOWHERE, RESOLVER, RESOLVER_ADDRESS, addresses,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{HostFile, ImportFile, Located, PageFile};
use crate::host::{GoImport, GoproxySpec, HostSpec, Page, ProxySpec, Repository, TlsSpec};
use crate::shape::bad_host_name;
use modfault_kit::HostName;

impl Check<'_> {
    pub(super) fn hosts(
        &mut self,
        files: &BTreeMap<Located<String>, HostFile>,
    ) -> BTreeMap<HostName, HostSpec> {
        files
            .iter()
            .filter_map(|(name, file)| {
                let host = self.host_name(&name.value, &name.span)?;
                if host.as_str() == NOWHERE {
                    let there = bad_host_name(
                        NOWHERE,
                        "this is the host without a machine",
                        name.span.clone(),
                    );
                    self.report(there.help(
                        "give its addresses at the top of the file: `nowhere = [\"203.0.113.99\"]`",
                    ));
                    return None;
                }
                let spec = self.host(&host, file);
                Some((host, spec))
            })
            .collect()
    }

    pub(super) fn host_name(&mut self, text: &str, span: &Range<usize>) -> Option<HostName> {
        match HostName::parse(text) {
            Ok(name) => Some(name),
            Err(error) => {
                self.report(bad_host_name(text, error.reason, span.clone()));
                None
            }
        }
    }

    /// Whether the scenario declares `host`; reported where it does not.
    pub(super) fn declared(&mut self, host: &HostName, span: &Range<usize>) -> bool {
        let known = self.is_declared(host);
        if !known {
            let declared: Vec<String> = self.hosts.keys().map(ToString::to_string).collect();
            let names = declared.iter().map(String::as_str).chain([RESOLVER]);
            let diagnostic = Diagnostic::new(Code::UnknownHost, format!("unknown host `{host}`"))
                .at(span.clone(), "the scenario declares no such host")
                .nearest(host.as_str(), names);
            self.report(diagnostic);
        }
        known
    }

    /// Addresses without a machine: none that a host, the resolver or the client has.
    pub(super) fn nowhere(&mut self, without: &[Located<Ipv4Addr>]) -> Vec<Ipv4Addr> {
        let taken = addresses(self.hosts.keys());
        for address in without {
            let owner = match address.value {
                CLIENT_ADDRESS => Some("the client"),
                GATEWAY_ADDRESS => Some("the gateway"),
                RESOLVER_ADDRESS => Some(RESOLVER),
                other => taken
                    .iter()
                    .find_map(|(name, taken)| (*taken == other).then_some(name.as_str())),
            };
            if let Some(owner) = owner {
                self.report(
                    Diagnostic::new(
                        Code::BadAddress,
                        format!("`{}` is not without a machine", address.value),
                    )
                    .at(
                        address.span.clone(),
                        format!("it is the address of {owner}"),
                    )
                    .help("take one that nobody has, such as `203.0.113.99`"),
                );
            }
        }
        without.iter().map(|address| address.value).collect()
    }

    fn host(&mut self, name: &HostName, file: &HostFile) -> HostSpec {
        let goproxy = file.goproxy.as_ref().map(|goproxy| GoproxySpec {
            modules: goproxy.modules.as_ref().map(|modules| {
                let known = modules.iter().filter_map(|path| self.known_module(path));
                known.collect()
            }),
            prefix: goproxy
                .prefix
                .as_ref()
                .map(|prefix| prefix.trim_end_matches('/').to_owned()),
            login: goproxy.login.clone(),
            sumdb: goproxy.sumdb.as_ref().map(|host| host.value.clone()),
        });
        let sumdb = file.sumdb.as_ref().map(|sumdb| self.sumdb(sumdb));
        let mut vanity: BTreeMap<String, GoImport> = BTreeMap::new();
        let git = self.repositories(name, file, &mut vanity);
        for (prefix, import) in &file.vanity {
            let import = match import {
                ImportFile::Git(repository) => GoImport::git(repository),
                ImportFile::Full(import) => import.clone(),
            };
            vanity.insert(prefix.value.clone(), import);
        }
        let pages = file.pages.iter().map(|(path, page)| {
            let page = match page {
                PageFile::Html(body) => Page::html(body),
                PageFile::Full(page) => page.clone(),
            };
            (path.clone(), page)
        });
        HostSpec {
            goproxy,
            sumdb,
            git,
            ssh: file.git.as_ref().and_then(|git| {
                let keys = git.ssh.as_ref()?;
                Some(self.key_names(keys))
            }),
            vanity,
            pages: pages.collect(),
            http_proxy: file.http_proxy.as_ref().map(|proxy| ProxySpec {
                terminate: proxy.terminate,
                login: proxy.login.clone(),
                deny: proxy.deny.as_ref().map(|patterns| self.globs(patterns)),
                deny_paths: proxy
                    .deny_paths
                    .as_ref()
                    .map(|patterns| self.globs(patterns)),
                connect_ports: proxy.connect_ports.clone(),
            }),
            resolver: file
                .resolver
                .as_ref()
                .map(|resolver| self.resolver(resolver)),
            component: file
                .component
                .as_ref()
                .map(|component| self.component(component)),
            ports: file.ports.clone(),
            tls: TlsSpec {
                authority: file.tls.as_ref().and_then(|tls| tls.authority),
                names: file.tls.as_ref().and_then(|tls| tls.names.clone()),
            },
        }
    }

    /// The repositories of a git host; those of modules under its own name get go-import pages too, as at a code host.
    fn repositories(
        &mut self,
        host: &HostName,
        file: &HostFile,
        vanity: &mut BTreeMap<String, GoImport>,
    ) -> BTreeMap<String, Repository> {
        let Some(git) = &file.git else {
            return BTreeMap::new();
        };
        let mut repositories = BTreeMap::new();
        for module in &git.repos {
            if let Some(module) = self.known_module(module) {
                let below = module.strip_prefix(host.as_str());
                let below = below.and_then(|rest| rest.strip_prefix('/'));
                let path = below.unwrap_or(&module).to_owned();
                let repository = Repository {
                    module,
                    subdirectories: BTreeMap::new(),
                    untagged: Vec::new(),
                    branches: BTreeMap::new(),
                    login: git.login.clone(),
                };
                repositories.insert(path, repository);
            }
        }
        for (path, file) in &git.repositories {
            if let Some(module) = self.known_module(&file.module) {
                let subdirectories = file.subdirectories.iter();
                let untagged = file.untagged.iter();
                let branches = file.branches.iter();
                let repository = Repository {
                    subdirectories: subdirectories
                        .filter_map(|(directory, m)| {
                            Some((
                                directory.trim_matches('/').to_owned(),
                                self.known_module(m)?,
                            ))
                        })
                        .collect(),
                    untagged: untagged.map(|v| self.known_version(&module, v)).collect(),
                    branches: branches
                        .map(|(branch, v)| (branch.clone(), self.known_version(&module, v)))
                        .collect(),
                    login: file.login.clone().or_else(|| git.login.clone()),
                    module,
                };
                repositories.insert(path.trim_matches('/').to_owned(), repository);
            }
        }
        if git.go_import.unwrap_or(true) {
            for (path, repository) in &repositories {
                if repository.module.starts_with(&format!("{host}/")) {
                    let bare = path.strip_suffix(".git").unwrap_or(path);
                    let import = GoImport::git(format!("https://{host}/{bare}.git"));
                    vanity.insert(repository.module.clone(), import);
                }
            }
        }
        repositories
    }

    fn globs(&mut self, patterns: &[Located<String>]) -> Vec<String> {
        let patterns = patterns.iter().inspect(|pattern| self.glob(pattern));
        patterns.map(|pattern| pattern.value.clone()).collect()
    }

    /// Reports a pattern in which something other than `*` is meant to match.
    pub(super) fn glob(&mut self, pattern: &Located<String>) {
        let text = &pattern.value;
        let reason = if text.is_empty() {
            "an empty pattern matches nothing"
        } else if text.contains(['?', '[', ']', '{', '}']) {
            "only `*` stands for other characters"
        } else if text.contains(char::is_whitespace) {
            "a pattern has no blanks"
        } else {
            return;
        };
        self.report(
            Diagnostic::new(Code::BadGlob, format!("`{text}` is not a pattern"))
                .at(pattern.span.clone(), reason)
                .help("a pattern looks like `example.com/*` or `*.zip`"),
        );
    }
}
