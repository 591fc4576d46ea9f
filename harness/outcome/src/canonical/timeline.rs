//! The timeline as facts under keys.
//!
//! | key | facts | order and number |
//! |---|---|---|
//! | egress (destination, protocol) | that it was tried | a set |
//! | DNS (name, type) at a resolver | answers | order kept, equal neighbours are one: resolvers ask again |
//! | port | accepted, refused, dropped, unreachable, broken by a fault | a set: connections are as many as `go` likes |
//! | datagrams to a port | refused | a set: a question is asked again |
//! | TLS (port, server name) | done, or how it failed | a set, for the same reason |
//! | SSH (port, what): key exchange, key, login, command | done, or how it failed | a set, for the same reason |
//! | exchange (path, method, scheme) | what became of it | order and number kept |
//! | exchange or service of git | the same | order kept, equal neighbours are one: git's own versions differ |
//!
//! How a client ended a connection is left out: whether it shows as a close or as a reset depends on timing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

use serde::{Serialize, Serializer};

use modfault_kit::event::{ConnectOutcome, Exchange, Outcome};
use modfault_kit::{Event, EventKind, FaultId, HostName, RequestKind};

/// Who was asked what, in an order that does not depend on the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// By host and key: what was seen, in words.
    pub facts: BTreeMap<HostName, BTreeMap<Key, Vec<String>>>,
    /// By host and by what it fired for: the faults that fired, however often.
    pub fired: BTreeMap<HostName, BTreeMap<String, BTreeSet<FaultId>>>,
}

/// What a fact is about, at its host. The order of the variants is the order of reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A packet to nobody.
    Egress {
        /// Where it wanted to go.
        destination: SocketAddr,
        /// `tcp`, `udp`, `icmp`.
        protocol: String,
    },
    /// A DNS question.
    Dns {
        /// The name asked about.
        name: String,
        /// `A`, `AAAA`.
        record_type: String,
    },
    /// Connections to a port.
    Port(u16),
    /// Datagrams to a port at which nobody listens.
    Datagram(u16),
    /// TLS handshakes.
    Tls {
        /// On this port.
        port: u16,
        /// For this server name.
        sni: Option<String>,
    },
    /// What happened on SSH connections.
    Ssh {
        /// On this port.
        port: u16,
        /// What: `key exchange`, `login as git`, a command.
        subject: String,
    },
    /// HTTP requests.
    Exchange {
        /// The path with its query.
        path: String,
        /// The method.
        method: String,
        /// `http` or `https`.
        scheme: String,
    },
    /// A git service.
    Git {
        /// The repository's path at the host.
        repository: String,
        /// `refs` or `pack`.
        service: String,
    },
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Egress {
                destination,
                protocol,
            } => write!(f, "egress {protocol} {destination}"),
            Self::Dns { name, record_type } => write!(f, "dns {record_type} {name}"),
            Self::Port(port) => write!(f, "tcp {port}"),
            Self::Datagram(port) => write!(f, "udp {port}"),
            Self::Tls { port, sni } => {
                write!(f, "tls {port} {}", sni.as_deref().unwrap_or("no name"))
            }
            Self::Ssh { port, subject } => write!(f, "ssh {port} {subject}"),
            Self::Exchange {
                path,
                method,
                scheme,
            } if scheme == "https" => write!(f, "{method} {path}"),
            Self::Exchange {
                path,
                method,
                scheme,
            } => write!(f, "{method} {path} ({scheme})"),
            Self::Git {
                repository,
                service,
            } => write!(f, "git {service} {repository}"),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Timeline {
    /// The facts of `events`, each text passed through `normalise`.
    pub fn of(events: &[Event], normalise: &impl Fn(&str) -> String) -> Self {
        Self::gather(events, normalise, |order| order)
    }

    /// The facts of `events` that several commands brought about at the same time: which of them asked first, and whether the
    /// others had to ask as well, means nothing.
    pub fn of_several(events: &[Event], normalise: &impl Fn(&str) -> String) -> Self {
        Self::gather(events, normalise, |_| Order::Set)
    }

    fn gather(
        events: &[Event],
        normalise: &impl Fn(&str) -> String,
        meaning: impl Fn(Order) -> Order,
    ) -> Self {
        let mut timeline = Self::default();
        for event in events {
            if let EventKind::Fired { fault, key } = &event.kind {
                timeline
                    .fired
                    .entry(event.host.clone())
                    .or_default()
                    .entry(normalise(key))
                    .or_default()
                    .insert(fault.clone());
            } else if let Some((key, fact, order)) = fact(&event.kind, normalise) {
                let facts = timeline
                    .facts
                    .entry(event.host.clone())
                    .or_default()
                    .entry(key)
                    .or_default();
                meaning(order).add(facts, fact);
            }
        }
        timeline.forget_idle_handshakes();
        timeline
    }

    /// A client may begin a connection, find that it needs it no more, and leave in mid-handshake: a port where another
    /// handshake was done shows nothing by that.
    fn forget_idle_handshakes(&mut self) {
        for facts in self.facts.values_mut().flat_map(BTreeMap::iter_mut) {
            if let (Key::Tls { .. }, facts) = facts
                && facts.iter().any(|fact| fact == DONE)
            {
                facts.retain(|fact| !is_by_client(fact));
            }
        }
    }
}

/// What order and number mean for the facts of a key.
#[derive(Clone, Copy)]
enum Order {
    /// Nothing: a set.
    Set,
    /// Order means something, repetition does not.
    Changes,
    /// Both mean something.
    Sequence,
}

impl Order {
    fn add(self, facts: &mut Vec<String>, fact: String) {
        match self {
            Self::Set => {
                if let Err(place) = facts.binary_search(&fact) {
                    facts.insert(place, fact);
                }
            }
            Self::Changes => {
                if facts.last() != Some(&fact) {
                    facts.push(fact);
                }
            }
            Self::Sequence => facts.push(fact),
        }
    }
}

/// The key and the words for what was seen; `None` for what differs between runs of a correct client.
fn fact(kind: &EventKind, normalise: &impl Fn(&str) -> String) -> Option<(Key, String, Order)> {
    Some(match kind {
        EventKind::Fired { .. } => return None,
        EventKind::Egress {
            destination,
            protocol,
        } => (
            Key::Egress {
                destination: *destination,
                protocol: protocol.clone(),
            },
            "nobody owns this address".to_owned(),
            Order::Set,
        ),
        EventKind::ConnectFailed { port, outcome } => (
            Key::Port(*port),
            connect_words(*outcome).to_owned(),
            Order::Set,
        ),
        EventKind::DatagramRefused { port } => {
            (Key::Datagram(*port), "refused".to_owned(), Order::Set)
        }
        EventKind::Accepted { port } => (Key::Port(*port), "accepted".to_owned(), Order::Set),
        EventKind::Broken { how, .. } if is_by_client(how) => return None,
        EventKind::Broken { port, how } => (Key::Port(*port), normalise(how), Order::Set),
        EventKind::Dns {
            name,
            record_type,
            transport,
            answer,
            outcome: _,
        } => (
            Key::Dns {
                name: normalise(name).to_ascii_lowercase(),
                record_type: record_type.clone(),
            },
            dns_words(&normalise(answer), transport),
            Order::Changes,
        ),
        EventKind::Tls {
            port, sni, outcome, ..
        } => (
            Key::Tls {
                port: *port,
                sni: sni.clone(),
            },
            outcome_words(outcome, normalise),
            Order::Set,
        ),
        EventKind::Ssh { port, seen } => (
            Key::Ssh {
                port: *port,
                subject: normalise(&seen.subject().to_string()),
            },
            outcome_words(seen.outcome(), normalise),
            Order::Set,
        ),
        EventKind::Http(exchange) => (
            Key::Exchange {
                path: normalise(&exchange.path),
                method: exchange.method.clone(),
                scheme: exchange.scheme.clone(),
            },
            normalise(&exchange_words(exchange)),
            match exchange.asked {
                RequestKind::GitRefs | RequestKind::GitPack => Order::Changes,
                RequestKind::List
                | RequestKind::Latest
                | RequestKind::Info
                | RequestKind::Mod
                | RequestKind::Zip
                | RequestKind::SumdbSupported
                | RequestKind::SumdbLookup
                | RequestKind::SumdbLatest
                | RequestKind::SumdbTile
                | RequestKind::GoGet
                | RequestKind::Connect
                | RequestKind::Toolchain
                | RequestKind::Page => Order::Sequence,
            },
        ),
        EventKind::Git {
            repository,
            service,
            outcome,
        } => (
            Key::Git {
                repository: normalise(repository),
                service: service.clone(),
            },
            outcome_words(outcome, normalise),
            Order::Changes,
        ),
    })
}

/// The fact that something went as wanted.
const DONE: &str = "done";

fn outcome_words(outcome: &Outcome, normalise: &impl Fn(&str) -> String) -> String {
    match outcome {
        Outcome::Done => DONE.to_owned(),
        Outcome::Failed(why) => format!("failed: {}", normalise(why)),
    }
}

/// Whether the words for how a connection ended say that the client ended it.
pub(crate) fn is_by_client(how: &str) -> bool {
    how.ends_with("by client")
}

/// How a connection failed to come about, in one word.
pub fn connect_words(outcome: ConnectOutcome) -> &'static str {
    match outcome {
        ConnectOutcome::Refused => "refused",
        ConnectOutcome::Dropped => "dropped",
        ConnectOutcome::Unreachable => "unreachable",
    }
}

fn dns_words(answer: &str, transport: &str) -> String {
    if transport == "udp" {
        answer.to_owned()
    } else {
        format!("{answer} (over {transport})")
    }
}

/// What became of an exchange, in words: `200`, `302 to https://…`, `200, then cut after 10 bytes`, `no answer: stalled`.
pub fn exchange_words(exchange: &Exchange) -> String {
    let mut words = match (exchange.status, &exchange.outcome) {
        (Some(status), Outcome::Done) => status.to_string(),
        (Some(status), Outcome::Failed(why)) => format!("{status}, then {why}"),
        (None, Outcome::Failed(why)) => format!("no answer: {why}"),
        (None, Outcome::Done) => DONE.to_owned(),
    };
    if let Some(location) = &exchange.location {
        words.push_str(&format!(" to {location}"));
    }
    if let Some(user) = &exchange.user {
        words.push_str(&format!(" (as {user})"));
    }
    words
}
