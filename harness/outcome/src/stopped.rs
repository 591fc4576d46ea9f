//! Where a command was stopped, from the timeline alone and never from a message.
//!
//! It stopped at the last *trouble* in the timeline that was not got over.
//!
//! | trouble | at | in |
//! |---|---|---|
//! | a DNS question without the answer wanted | the name asked about | `dns` |
//! | a connection refused, dropped, unreachable, or to nobody | the host | `tcp` |
//! | a TLS handshake that failed | the host | `tls` |
//! | an error status | the host | what was asked for: `goproxy`, `sum`, `git` (go-import pages too), else `http` |
//! | an exchange broken off, or a redirect that led nowhere | the host | the mechanism of the fault that did it; with none known `http`, of git services `git` |
//! | an answer sent whole that a fault had bent | the host | the mechanism of that fault |
//!
//! A trouble is got over when the same was done again and worked, or when what it was for was had elsewhere: the same
//! file from another proxy, or from git. Where every trouble was perhaps got over (other hosts answered later), the
//! last one at which a fault fired counts. Where nothing at all failed in the timeline, the command stopped on the
//! client, and the layer is the scenario's own. The mechanism of a fault is written as a layer: `net` and `tcp` faults
//! are `tcp`, `git` and `vanity` faults `git`.

use modfault_kit::event::{Exchange, Outcome};
use modfault_kit::fault::HttpFault;
use modfault_kit::{Event, EventKind, Fault, FaultId, HostName, PlacedFault, RequestKind};
use modfault_scenario::{Layer, Stopped};

use crate::observation::{Exit, StepObservation};

/// Where `step` was stopped, in a world with `faults`, for a scenario of the layer `own`; `None` when it was not.
pub fn stopped(step: &StepObservation, faults: &[PlacedFault], own: Layer) -> Option<Stopped> {
    match step.exit {
        None | Some(Exit::Code(0)) => None,
        Some(Exit::Code(_) | Exit::Signal(_) | Exit::Overran) => {
            Some(where_stopped(&step.events, faults, own))
        }
    }
}

fn where_stopped(events: &[Event], faults: &[PlacedFault], own: Layer) -> Stopped {
    let troubles: Vec<(usize, Trouble)> = events
        .iter()
        .enumerate()
        .filter_map(|(index, event)| Some((index, Trouble::of(event, &events[..=index], faults)?)))
        .collect();
    let rank = |(index, trouble): &(usize, Trouble)| {
        let later = &events[index + 1..];
        if later.iter().any(|event| trouble.surely_got_over_by(event)) {
            Rank::GotOver
        } else if later.iter().any(|event| trouble.perhaps_got_over_by(event)) {
            if trouble.fired {
                Rank::PerhapsGotOver
            } else {
                Rank::GotOver
            }
        } else {
            Rank::Stands
        }
    };
    troubles
        .iter()
        .map(|found| (rank(found), found))
        .filter(|(rank, _)| *rank != Rank::GotOver)
        .max_by_key(|(rank, (index, _))| (*rank, *index))
        .map(|(_, (_, trouble))| trouble.stopped.clone())
        .or_else(|| silent_fault(events, faults))
        .unwrap_or(Stopped {
            at: None,
            layer: own,
        })
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    GotOver,
    PerhapsGotOver,
    Stands,
}

/// Something that did not go as the client wanted.
struct Trouble {
    stopped: Stopped,
    about: About,
    fired: bool,
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
}

impl Trouble {
    /// The trouble that `event` is, if any; `so_far` ends with it.
    fn of(event: &Event, so_far: &[Event], faults: &[PlacedFault]) -> Option<Self> {
        let host = &event.host;
        let at = |layer| Stopped {
            at: Some(host.clone()),
            layer,
        };
        match &event.kind {
            EventKind::Fired { .. } | EventKind::Accepted { .. } => None,
            EventKind::Egress { destination, .. } => Some(Self {
                stopped: at(Layer::Tcp),
                about: About::Connection {
                    host: host.clone(),
                    port: destination.port(),
                },
                fired: false,
            }),
            EventKind::ConnectFailed { port, .. } => Some(Self {
                stopped: at(Layer::Tcp),
                about: About::Connection {
                    host: host.clone(),
                    port: *port,
                },
                fired: fired_at(so_far, host, |key| key == port_key(*port)).is_some(),
            }),
            // what broke a connection shows in the handshake or exchange on it, unless a stream fault did
            EventKind::Broken { port, how } => {
                let fault = fired_at(so_far, host, |key| key == port_key(*port))?;
                (!how.ends_with("by client")).then(|| Self {
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
    fn surely_got_over_by(&self, later: &Event) -> bool {
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
            _ => false,
        }
    }

    /// Whether `later` may show that what it was for was had elsewhere.
    fn perhaps_got_over_by(&self, later: &Event) -> bool {
        let EventKind::Http(exchange) = &later.kind else {
            return false;
        };
        let elsewhere = match &self.about {
            About::Question { name, .. } => later.host.as_str() != name,
            About::Connection { host, .. }
            | About::Handshake { host, .. }
            | About::Service { host, .. } => &later.host != host,
            // a module path is looked for at every prefix, and all but one answer 404
            About::Exchange { host, asked, .. } => is_module_file(*asked) || &later.host != host,
        };
        elsewhere && worked(exchange) && exchange.asked != RequestKind::Connect
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

/// The layer of an error status.
fn asked_layer(asked: RequestKind, status: u16) -> Layer {
    // 407 is an HTTP proxy's, whatever was asked for (RFC 9110 §15.5.8)
    if status == 407 {
        return Layer::Http;
    }
    match asked {
        RequestKind::List
        | RequestKind::Latest
        | RequestKind::Info
        | RequestKind::Mod
        | RequestKind::Zip
        | RequestKind::Toolchain => Layer::Goproxy,
        RequestKind::SumdbSupported
        | RequestKind::SumdbLookup
        | RequestKind::SumdbLatest
        | RequestKind::SumdbTile => Layer::Sum,
        RequestKind::GoGet | RequestKind::GitRefs | RequestKind::GitPack => Layer::Git,
        RequestKind::Connect | RequestKind::Page => Layer::Http,
    }
}

/// The layer of an exchange that broke off, where no fault is known to have done it.
fn broken_layer(asked: RequestKind) -> Layer {
    match asked {
        RequestKind::GitRefs | RequestKind::GitPack => Layer::Git,
        RequestKind::List
        | RequestKind::Latest
        | RequestKind::Info
        | RequestKind::Mod
        | RequestKind::Zip
        | RequestKind::Toolchain
        | RequestKind::SumdbSupported
        | RequestKind::SumdbLookup
        | RequestKind::SumdbLatest
        | RequestKind::SumdbTile
        | RequestKind::GoGet
        | RequestKind::Connect
        | RequestKind::Page => Layer::Http,
    }
}

fn layer_of(faults: &[PlacedFault], id: &FaultId) -> Option<Layer> {
    let placed = faults.iter().find(|placed| &placed.id == id)?;
    Some(match placed.what {
        Fault::Dns(_) => Layer::Dns,
        Fault::Net(_) | Fault::Tcp(_) => Layer::Tcp,
        Fault::Tls(_) => Layer::Tls,
        Fault::Http(_) => Layer::Http,
        Fault::Goproxy(_) => Layer::Goproxy,
        Fault::Git(_) | Fault::Vanity(_) => Layer::Git,
    })
}

/// The layer of a fault that bent an answer which was sent whole; a late answer is not bent.
fn bent_layer(faults: &[PlacedFault], id: &FaultId) -> Option<Layer> {
    let late = faults
        .iter()
        .any(|placed| &placed.id == id && matches!(placed.what, Fault::Http(HttpFault::Delay(_))));
    if late { None } else { layer_of(faults, id) }
}

/// Where nothing failed that a fake could see: the last fault that fired, as packets that vanish leave no other trace.
fn silent_fault(events: &[Event], faults: &[PlacedFault]) -> Option<Stopped> {
    events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Fired { fault, .. } => {
            let placed = faults.iter().find(|placed| &placed.id == fault)?;
            Some(Stopped {
                at: Some(placed.on.clone()),
                layer: layer_of(faults, fault)?,
            })
        }
        EventKind::Egress { .. }
        | EventKind::ConnectFailed { .. }
        | EventKind::Dns { .. }
        | EventKind::Accepted { .. }
        | EventKind::Broken { .. }
        | EventKind::Tls { .. }
        | EventKind::Http(_)
        | EventKind::Git { .. } => None,
    })
}

fn port_key(port: u16) -> String {
    format!("port {port}")
}

/// The last fault that fired at `host` for a key that `wanted` takes.
fn fired_at<'a>(
    events: &'a [Event],
    host: &HostName,
    wanted: impl Fn(&str) -> bool,
) -> Option<&'a FaultId> {
    events.iter().rev().find_map(|event| match &event.kind {
        EventKind::Fired { fault, key } if &event.host == host && wanted(key) => Some(fault),
        _ => None,
    })
}

/// The fault that fired at `host` for the exchange that `events` ends with: since the one before it under the same key.
fn last_fired<'a>(events: &'a [Event], host: &HostName, key: &str) -> Option<&'a FaultId> {
    let (_, before) = events.split_last()?;
    for event in before.iter().rev().filter(|event| &event.host == host) {
        match &event.kind {
            EventKind::Fired { fault, key: of } if of == key => return Some(fault),
            EventKind::Http(exchange)
                if format!("{} {}", exchange.method, exchange.path) == key =>
            {
                return None;
            }
            _ => {}
        }
    }
    None
}
