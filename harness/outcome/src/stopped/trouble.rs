//! Troubles: what did not go as the client wanted, and what gets over them.

use super::layer::{asked_layer, bent_layer, broken_layer, layer_of, port_layer};
use crate::canonical::timeline::is_by_client;
use modfault_kit::event::{Exchange, Outcome};
use modfault_kit::{Event, EventKind, FaultId, HostName, PlacedFault, RequestKind, SshSeen};
use modfault_scenario::{Layer, Stopped};

/// Something that did not go as the client wanted.
pub(super) struct Trouble {
    pub(super) stopped: Stopped,
    about: About,
    pub(super) fired: bool,
}

/// What a trouble was about, as far as it tells what gets over it.
enum About {
    Question {
        name: String,
        record_type: String,
    },
    Connection {
        host: HostName,
        port: u16,
    },
    Handshake {
        host: HostName,
        port: u16,
    },
    Exchange {
        host: HostName,
        method: String,
        path: String,
        asked: RequestKind,
        redirect: bool,
    },
    Service {
        host: HostName,
        repository: String,
        service: String,
    },
    Ssh {
        host: HostName,
        port: u16,
    },
}

impl Trouble {
    /// The trouble that `event` is, if any; `so_far` ends with it.
    pub(super) fn of(event: &Event, so_far: &[Event], faults: &[PlacedFault]) -> Option<Self> {
        let host = &event.host;
        let at = |layer| Stopped {
            at: Some(host.clone()),
            layer,
        };
        match &event.kind {
            EventKind::Fired { .. } | EventKind::Accepted { .. } => None,
            EventKind::Egress { destination, .. } => Some(Self {
                stopped: at(port_layer(destination.port())),
                about: About::Connection {
                    host: host.clone(),
                    port: destination.port(),
                },
                fired: false,
            }),
            EventKind::ConnectFailed { port, .. } => Some(Self {
                stopped: at(port_layer(*port)),
                about: About::Connection {
                    host: host.clone(),
                    port: *port,
                },
                fired: fired_at(so_far, host, |key| key == port_key(*port)).is_some(),
            }),
            EventKind::DatagramRefused { port } => Some(Self {
                stopped: at(port_layer(*port)),
                about: About::Connection {
                    host: host.clone(),
                    port: *port,
                },
                fired: false,
            }),
            // what broke a connection shows in the handshake or exchange on it, unless a stream fault did
            EventKind::Broken { port, how } => {
                let fault = fired_at(so_far, host, |key| key == port_key(*port))?;
                (!is_by_client(how)).then(|| Self {
                    stopped: at(layer_of(faults, fault).unwrap_or(Layer::Tcp)),
                    about: About::Connection {
                        host: host.clone(),
                        port: *port,
                    },
                    fired: true,
                })
            }
            EventKind::Dns {
                name,
                record_type,
                outcome,
                ..
            } => (!outcome.is_done()).then(|| Self {
                stopped: Stopped {
                    at: HostName::parse(name).ok().or_else(|| Some(host.clone())),
                    layer: Layer::Dns,
                },
                about: About::Question {
                    name: name.to_ascii_lowercase(),
                    record_type: record_type.clone(),
                },
                fired: so_far.iter().any(|event| {
                    matches!(&event.kind, EventKind::Fired { key, .. } if key.ends_with(name.as_str()))
                }),
            }),
            // a connection begun and not needed, beside one that works
            EventKind::Tls {
                port,
                outcome: Outcome::Failed(how),
                ..
            } if is_by_client(how) && handshake_done(so_far, host, *port) => None,
            EventKind::Tls { port, outcome, .. } => (!outcome.is_done()).then(|| {
                let by_handshake = fired_at(so_far, host, |key| key == format!("tls port {port}"));
                let by_stream = fired_at(so_far, host, |key| key == port_key(*port));
                Self {
                    stopped: at(match (by_handshake, by_stream) {
                        (None, Some(_)) => Layer::Tcp,
                        (Some(_), _) | (None, None) => Layer::Tls,
                    }),
                    about: About::Handshake {
                        host: host.clone(),
                        port: *port,
                    },
                    fired: by_handshake.or(by_stream).is_some(),
                }
            }),
            // go looks at the page of a repository once git has failed, to tell one that does not exist
            EventKind::Http(exchange)
                if is_look_at_repository(exchange)
                    || (exchange.asked == RequestKind::Page && git_failed(so_far, host)) =>
            {
                None
            }
            EventKind::Http(exchange) => Self::of_exchange(exchange, host, so_far, faults),
            EventKind::Git {
                repository,
                service,
                outcome,
            } => (!outcome.is_done()).then(|| Self {
                stopped: at(Layer::Git),
                about: About::Service {
                    host: host.clone(),
                    repository: repository.clone(),
                    service: service.clone(),
                },
                fired: false,
            }),
            // a key that is refused says nothing: another one may do
            EventKind::Ssh {
                seen: SshSeen::Key { .. },
                ..
            } => None,
            EventKind::Ssh { port, seen } => (!seen.outcome().is_done()).then(|| Self {
                stopped: at(Layer::Git),
                about: About::Ssh {
                    host: host.clone(),
                    port: *port,
                },
                fired: fired_at(so_far, host, |key| key.starts_with(&ssh_key(*port))).is_some(),
            }),
        }
    }

    fn of_exchange(
        exchange: &Exchange,
        host: &HostName,
        so_far: &[Event],
        faults: &[PlacedFault],
    ) -> Option<Self> {
        let key = format!("{} {}", exchange.method, exchange.path);
        let by_answer = last_fired(so_far, host, &key);
        let by_stream = fired_at(so_far, host, |key| key.starts_with("port "));
        let layer = match (exchange.status, &exchange.outcome) {
            (Some(status), Outcome::Done) if status >= 400 => asked_layer(exchange.asked, status),
            (_, Outcome::Failed(_)) => by_answer
                .or(by_stream)
                .and_then(|fault| layer_of(faults, fault))
                .unwrap_or_else(|| broken_layer(exchange.asked)),
            (Some(status), Outcome::Done) if (300..400).contains(&status) => by_answer
                .and_then(|fault| layer_of(faults, fault))
                .unwrap_or(Layer::Http),
            (_, Outcome::Done) => bent_layer(faults, by_answer?)?,
        };
        Some(Self {
            stopped: Stopped {
                at: Some(host.clone()),
                layer,
            },
            about: About::Exchange {
                host: host.clone(),
                method: exchange.method.clone(),
                path: exchange.path.clone(),
                asked: exchange.asked,
                redirect: exchange
                    .status
                    .is_some_and(|status| (300..400).contains(&status)),
            },
            fired: by_answer.or(by_stream).is_some(),
        })
    }

    /// Whether `later` shows that the same worked after all, or that what it was for was had elsewhere.
    pub(super) fn surely_got_over_by(&self, later: &Event) -> bool {
        match (&self.about, &later.kind) {
            (
                About::Question { name, record_type },
                EventKind::Dns {
                    name: asked,
                    record_type: of_type,
                    outcome,
                    ..
                },
            ) => outcome.is_done() && asked.eq_ignore_ascii_case(name) && of_type == record_type,
            (About::Question { name, .. }, EventKind::Accepted { .. }) => {
                later.host.as_str() == name
            }
            (About::Connection { host, port }, EventKind::Http(exchange)) => {
                &later.host == host && worked(exchange) && *port != 0
            }
            (
                About::Connection { host, port },
                EventKind::Tls {
                    port: on, outcome, ..
                },
            )
            | (
                About::Handshake { host, port },
                EventKind::Tls {
                    port: on, outcome, ..
                },
            ) => &later.host == host && on == port && outcome.is_done(),
            (
                About::Exchange {
                    host,
                    method,
                    path,
                    asked,
                    redirect,
                },
                EventKind::Http(exchange),
            ) => {
                worked(exchange)
                    && ((&later.host == host
                        && &exchange.method == method
                        && &exchange.path == path)
                        || *redirect
                        || (is_module_file(*asked)
                            && exchange.asked == *asked
                            && same_file(path, &exchange.path))
                        || (is_module_file(*asked)
                            && matches!(
                                exchange.asked,
                                RequestKind::GoGet | RequestKind::GitRefs | RequestKind::GitPack
                            )))
            }
            (
                About::Service {
                    host,
                    repository,
                    service,
                },
                EventKind::Git {
                    repository: of,
                    service: what,
                    outcome,
                },
            ) => outcome.is_done() && &later.host == host && of == repository && what == service,
            (About::Connection { host, port }, EventKind::Ssh { port: on, seen })
            | (About::Ssh { host, port }, EventKind::Ssh { port: on, seen }) => {
                &later.host == host
                    && on == port
                    && matches!(
                        seen,
                        SshSeen::Command {
                            outcome: Outcome::Done,
                            ..
                        }
                    )
            }
            _ => false,
        }
    }

    /// Whether `later` may show that what it was for was had elsewhere.
    pub(super) fn perhaps_got_over_by(&self, later: &Event) -> bool {
        let exchange = match &later.kind {
            EventKind::Http(exchange) => exchange,
            // what is not to be had from one host may be had from another over SSH
            EventKind::Ssh {
                seen:
                    SshSeen::Command {
                        outcome: Outcome::Done,
                        ..
                    },
                ..
            } => return true,
            _ => return false,
        };
        let elsewhere = match &self.about {
            About::Question { name, .. } => later.host.as_str() != name,
            About::Connection { host, .. }
            | About::Handshake { host, .. }
            | About::Service { host, .. }
            | About::Ssh { host, .. } => &later.host != host,
            // the module is known by then, and what other modules get meanwhile is not for it
            About::Exchange {
                asked: RequestKind::Mod | RequestKind::Zip,
                ..
            } => false,
            // a module path is looked for at every prefix, and all but one answer 404
            About::Exchange { host, asked, .. } => is_module_file(*asked) || &later.host != host,
        };
        // a tunnel and a page are ways to something, not what is wanted
        let way = matches!(
            exchange.asked,
            RequestKind::Connect | RequestKind::GoGet | RequestKind::Page
        );
        elsewhere && worked(exchange) && !way
    }
}

fn worked(exchange: &Exchange) -> bool {
    exchange.outcome.is_done() && exchange.status.is_some_and(|status| status < 300)
}

/// Whether it is a file of the GOPROXY protocol, which another proxy or git may give as well.
fn is_module_file(asked: RequestKind) -> bool {
    match asked {
        RequestKind::List
        | RequestKind::Latest
        | RequestKind::Info
        | RequestKind::Mod
        | RequestKind::Zip
        | RequestKind::Toolchain => true,
        RequestKind::SumdbSupported
        | RequestKind::SumdbLookup
        | RequestKind::SumdbLatest
        | RequestKind::SumdbTile
        | RequestKind::GoGet
        | RequestKind::GitRefs
        | RequestKind::GitPack
        | RequestKind::Connect
        | RequestKind::Page => false,
    }
}

/// Whether two paths name the same file below the prefixes of two proxies.
fn same_file(one: &str, two: &str) -> bool {
    one.ends_with(two) || two.ends_with(one)
}

fn handshake_done(events: &[Event], host: &HostName, port: u16) -> bool {
    events.iter().any(|event| {
        &event.host == host
            && matches!(&event.kind, EventKind::Tls { port: on, outcome, .. } if *on == port && outcome.is_done())
    })
}

/// Whether `exchange` is go's own look at the page of a repository, which it takes once git has failed.
pub(super) fn is_look_at_repository(exchange: &Exchange) -> bool {
    exchange.asked == RequestKind::Page && exchange.path.ends_with(".git")
}

fn git_failed(events: &[Event], host: &HostName) -> bool {
    events.iter().any(|event| {
        &event.host == host
            && matches!(&event.kind, EventKind::Git { outcome, .. } if !outcome.is_done())
    })
}

pub(super) fn port_key(port: u16) -> String {
    format!("port {port}")
}

/// How an SSH server names what a fault fires for.
fn ssh_key(port: u16) -> String {
    format!("ssh port {port}")
}

/// The last fault that fired at `host` for a key that `wanted` takes.
fn fired_at<'a>(
    events: &'a [Event],
    host: &HostName,
    wanted: impl Fn(&str) -> bool,
) -> Option<&'a FaultId> {
    events
        .iter()
        .rev()
        .filter(|event| &event.host == host)
        .find_map(|event| fault_of(event, &wanted))
}

/// The fault that fired at `host` for the exchange that `events` ends with: since the one before it under the same key.
fn last_fired<'a>(events: &'a [Event], host: &HostName, key: &str) -> Option<&'a FaultId> {
    let (_, before) = events.split_last()?;
    for event in before.iter().rev().filter(|event| &event.host == host) {
        if let Some(fault) = fault_of(event, |of| of == key) {
            return Some(fault);
        }
        if let EventKind::Http(exchange) = &event.kind
            && format!("{} {}", exchange.method, exchange.path) == key
        {
            return None;
        }
    }
    None
}

/// The fault that `event` says fired, where it fired for a key that `wanted` takes.
fn fault_of(event: &Event, wanted: impl Fn(&str) -> bool) -> Option<&FaultId> {
    if let EventKind::Fired { fault, key } = &event.kind
        && wanted(key)
    {
        Some(fault)
    } else {
        None
    }
}
