//! What the timeline shows as begun and never ended.

use crate::canonical::timeline::is_by_client;
use modfault_kit::event::{ConnectOutcome, Exchange, Outcome};
use modfault_kit::{Event, EventKind, RequestKind};

/// The last thing in the timeline that was begun, never ended, and was not done later after all.
///
/// The end of a command ends its connections too, so an exchange that its client left counts; a connection that it merely
/// closed does not.
pub fn begun(events: &[Event]) -> Option<String> {
    let open: Vec<&Event> = events
        .iter()
        .enumerate()
        .filter(|(index, event)| is_open(event, &events[..*index], &events[index + 1..]))
        .map(|(_, event)| event)
        .collect();
    // a git service speaks within an exchange, which says more
    let exchange_at = |host| {
        open.iter().any(|event| {
            &event.host == host
                && matches!(&event.kind, EventKind::Http(exchange) if is_git(exchange.asked))
        })
    };
    open.iter()
        .rev()
        .filter(|event| !(matches!(event.kind, EventKind::Git { .. }) && exchange_at(&event.host)))
        .find_map(|event| words(event))
}

fn is_git(asked: RequestKind) -> bool {
    matches!(asked, RequestKind::GitRefs | RequestKind::GitPack)
}

fn is_open(event: &Event, before: &[Event], after: &[Event]) -> bool {
    let same_host = |other: &&Event| other.host == event.host;
    match &event.kind {
        EventKind::Http(exchange) => {
            is_left_open(&exchange.outcome)
                && !after
                    .iter()
                    .filter(same_host)
                    .any(|other| is_done_again(exchange, &other.kind))
        }
        EventKind::Git {
            repository,
            service,
            outcome,
        } => {
            is_left_open(outcome)
                && !after.iter().filter(same_host).any(|other| {
                    matches!(&other.kind, EventKind::Git { repository: again, service: of, outcome: Outcome::Done }
                        if again == repository && of == service)
                })
        }
        EventKind::Tls { port, outcome, .. } => {
            is_left_open(outcome)
                && !before.iter().chain(after).filter(same_host).any(|other| {
                    matches!(&other.kind, EventKind::Tls { port: of, outcome: Outcome::Done, .. } if of == port)
                })
        }
        EventKind::Ssh { port, seen } => {
            is_left_open(seen.outcome())
                && !after.iter().filter(same_host).any(|other| {
                    matches!(&other.kind, EventKind::Ssh { port: of, seen: again }
                        if of == port && again.outcome().is_done() && again.subject().to_string() == seen.subject().to_string())
                })
        }
        // what else ended a connection shows in the exchange or handshake on it
        EventKind::Broken { how, .. } => !is_by_client(how) && how.contains("stalled"),
        EventKind::ConnectFailed { port, outcome } => {
            *outcome == ConnectOutcome::Dropped && !is_accepted(after, event, *port)
        }
        EventKind::Accepted { port } => {
            !after.iter().filter(same_host).any(|other| speaks(&other.kind, *port))
        }
        EventKind::Dns {
            name, record_type, outcome, answer, ..
        } => {
            !outcome.is_done()
                && answer == NO_ANSWER
                && !after.iter().any(|other| {
                    matches!(&other.kind, EventKind::Dns { name: again, record_type: of, answer, .. }
                        if again == name && of == record_type && answer != NO_ANSWER)
                })
        }
        EventKind::Fired { .. } | EventKind::Egress { .. } | EventKind::DatagramRefused { .. } => {
            false
        }
    }
}

/// Whether something was going on until the client was gone: a fake stalled, or only the end of the command ended it.
fn is_left_open(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(how)
        if how.contains("stalled") || how == "client went away" || is_by_client(how))
}

/// How the resolver records that it left a question without an answer.
const NO_ANSWER: &str = "no answer";

fn is_done_again(exchange: &Exchange, other: &EventKind) -> bool {
    matches!(other, EventKind::Http(again)
        if again.outcome.is_done() && again.method == exchange.method && again.path == exchange.path)
}

fn is_accepted(after: &[Event], event: &Event, port: u16) -> bool {
    after
        .iter()
        .any(|other| other.host == event.host && other.kind == EventKind::Accepted { port })
}

/// Whether anything was said on a port, or how a connection to it ended is told elsewhere.
fn speaks(kind: &EventKind, on: u16) -> bool {
    match kind {
        EventKind::Http(_) | EventKind::Git { .. } => true,
        EventKind::Tls { port, .. }
        | EventKind::Ssh { port, .. }
        | EventKind::Broken { port, .. } => *port == on,
        EventKind::Fired { .. }
        | EventKind::Egress { .. }
        | EventKind::ConnectFailed { .. }
        | EventKind::DatagramRefused { .. }
        | EventKind::Dns { .. }
        | EventKind::Accepted { .. } => false,
    }
}

fn words(event: &Event) -> Option<String> {
    let host = &event.host;
    Some(match &event.kind {
        EventKind::Http(exchange) => {
            let Exchange { method, path, .. } = exchange;
            match exchange.status {
                None => format!("{host} never answers `{method} {path}`"),
                Some(_) => {
                    format!("the answer of {host} to `{method} {path}` never comes to its end")
                }
            }
        }
        EventKind::Git {
            repository,
            service,
            ..
        } => {
            format!("the git service `{service}` of {repository} at {host} never comes to its end")
        }
        EventKind::Tls { port, .. } => {
            format!("the TLS handshake with {host} on port {port} never comes to its end")
        }
        EventKind::Ssh { port, seen } => format!(
            "over SSH with {host} on port {port}, `{}` never comes to its end",
            seen.subject()
        ),
        EventKind::Broken { port, .. } | EventKind::Accepted { port } => {
            format!("{host} accepts a connection on port {port} and never says a word")
        }
        EventKind::ConnectFailed { port, .. } => {
            format!("nothing ever answers the connection to port {port} of {host}")
        }
        EventKind::Dns {
            name, record_type, ..
        } => format!("{host} never answers the question for {record_type} of {name}"),
        EventKind::Fired { .. } | EventKind::Egress { .. } | EventKind::DatagramRefused { .. } => {
            return None;
        }
    })
}
