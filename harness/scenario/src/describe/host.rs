//! A host in words.

use super::listed;
use crate::host::{Authority, GoImport, HostSpec, Login, Otherwise, PortUse, Repository};

/// What a host does: `module proxy with example.com/greet`.
pub fn describe_host(spec: &HostSpec) -> String {
    let mut parts = roles(spec);
    if parts.is_empty() {
        parts.push("web server".to_owned());
    }
    parts.extend(details(spec));
    parts.join("; ")
}

/// What is otherwise with a host: `nothing listens on port 443`.
pub(super) fn describe_otherwise(spec: &HostSpec) -> String {
    let mut parts = roles(spec);
    parts.extend(details(spec));
    parts.join("; ")
}

fn roles(spec: &HostSpec) -> Vec<String> {
    let mut roles = Vec::new();
    if let Some(goproxy) = &spec.goproxy {
        let mut words = "module proxy".to_owned();
        if let Some(prefix) = goproxy.prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
            words.push_str(&format!(" below {prefix}"));
        }
        if let Some(modules) = &goproxy.modules {
            words.push_str(&match modules.is_empty() {
                true => " without modules".to_owned(),
                false => format!(" with {}", listed(modules)),
            });
        }
        if let Some(database) = &goproxy.sumdb {
            words.push_str(&format!(", passing on the checksum database of {database}"));
        }
        words.push_str(&wanting(goproxy.login.as_ref()));
        roles.push(words);
    }
    roles.extend(spec.sumdb.as_ref().map(super::sumdb::role));
    if !spec.git.is_empty() {
        let modules: Vec<String> = spec.git.values().map(repository).collect();
        let login = spec.git.values().find_map(|r| r.login.as_ref());
        roles.push(format!(
            "git server with {}{}",
            listed(&modules),
            wanting(login)
        ));
    }
    if let Some(keys) = &spec.ssh {
        roles.push(match keys.is_empty() {
            true => "git over SSH, for no key".to_owned(),
            false => format!("git over SSH for the key {}", keys.join(" or ")),
        });
    }
    // A git server's own go-import pages go without saying.
    let known: Vec<&String> = spec.git.values().map(|r| &r.module).collect();
    let pages = spec.vanity.keys().filter(|prefix| !known.contains(prefix));
    let pages: Vec<String> = pages.cloned().collect();
    if !pages.is_empty() {
        roles.push(format!("go-import pages for {}", listed(&pages)));
    }
    roles.extend(spec.vanity.iter().filter_map(gated));
    if let Some(proxy) = &spec.http_proxy {
        let mut words = match proxy.terminate {
            Some(authority) => {
                format!("HTTP proxy that ends TLS with certificates of the {authority} authority")
            }
            None => "HTTP proxy".to_owned(),
        };
        words.push_str(&wanting(proxy.login.as_ref()));
        if let Some(deny) = proxy.deny.as_ref().filter(|deny| !deny.is_empty()) {
            words.push_str(&format!(", refusing {}", listed(deny)));
        }
        if let Some(paths) = proxy.deny_paths.as_ref().filter(|paths| !paths.is_empty()) {
            words.push_str(&format!(", refusing paths like {}", listed(paths)));
        }
        if let Some(ports) = &proxy.connect_ports {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            words.push_str(&format!(", with tunnels to port {} alone", listed(&ports)));
        }
        roles.push(words);
    }
    if let Some(resolver) = &spec.resolver {
        let mut words = "name server".to_owned();
        if let Some(unknown) = resolver.unknown.as_ref().filter(|all| !all.is_empty()) {
            words.push_str(&format!(" that does not know {}", listed(unknown)));
        }
        words.extend(resolver.names.iter().map(|(name, addresses)| {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            match addresses.is_empty() {
                true => format!(", with no address for {name}"),
                false => format!(", with {} for {name}", listed(&addresses)),
            }
        }));
        roles.push(words);
    }
    roles.extend(spec.component.as_ref().map(super::component::role));
    if !spec.pages.is_empty() {
        roles.push("web server".to_owned());
    }
    roles
}

/// The modules of a repository.
fn repository(repository: &Repository) -> String {
    let below = repository.subdirectories.values().map(String::as_str);
    let modules = std::iter::once(repository.module.as_str()).chain(below);
    modules.collect::<Vec<_>>().join(" and ")
}

/// What a go-import page is to who brings no credentials, where it wants some.
fn gated((prefix, import): (&String, &GoImport)) -> Option<String> {
    let login = import.login.as_ref()?;
    let otherwise = match import.otherwise {
        Otherwise::Unauthorized => "401",
        Otherwise::NotFound => "404",
        Otherwise::LoginPage => "a login form",
        Otherwise::TwoElements => "a go-import tag for the first two elements of the path",
    };
    Some(format!(
        "the go-import page of {prefix}{}: {otherwise} to anybody else",
        wanting(Some(login))
    ))
}

/// Ports and certificate, where they are not the ordinary ones.
fn details(spec: &HostSpec) -> Vec<String> {
    let ports = spec.ports.iter();
    let mut details: Vec<String> = ports
        .map(|(port, spoken)| match spoken {
            PortUse::Https => format!("https on port {port}"),
            PortUse::Http => format!("plain http on port {port}"),
            PortUse::HttpProxy => format!("the proxy on port {port}"),
            PortUse::HttpsProxy => format!("the proxy on port {port}, behind TLS"),
            PortUse::Ssh => format!("ssh on port {port}"),
            PortUse::Closed => format!("nothing listens on port {port}"),
            PortUse::Overloaded => format!(
                "who listens on port {port} accepts no connection, and the queue of those that wait is full"
            ),
        })
        .collect();
    if spec.tls.authority == Some(Authority::Corporate) {
        details.push("its certificate from the corporate authority".to_owned());
    }
    if let Some(names) = &spec.tls.names {
        details.push(format!("its certificate for {}", listed(names)));
    }
    details
}

pub(super) fn wanting(login: Option<&Login>) -> String {
    login.map_or_else(String::new, |login| {
        format!(", for the user {} alone", login.user)
    })
}
