//! Where a command was stopped, from the timeline alone and never from a message.
//!
//! It stopped at the last *trouble* in the timeline that was not got over.
//!
//! | trouble | at | in |
//! |---|---|---|
//! | a DNS question without the answer wanted | the name asked about | `dns` |
//! | a connection refused, dropped, unreachable, or to nobody | the host | `tcp`; of port 53 `dns` |
//! | a datagram refused | the host | `tcp`; to port 53 `dns` |
//! | a TLS handshake that failed | the host | `tls` |
//! | an SSH key exchange, login or command that failed | the host | `git` |
//! | an error status | the host | what was asked for: `goproxy`, `sum`, `git` (go-import pages too), else `http` |
//! | an exchange broken off, or a redirect that led nowhere | the host | the mechanism of the fault that did it; with none known `http`, of git services `git` |
//! | an answer sent whole that a fault had bent | the host | the mechanism of that fault |
//!
//! A trouble is got over when the same was done again and worked, or when what it was for was had elsewhere: the same
//! file from another proxy, or from git. Where every trouble was perhaps got over (other hosts answered later), the
//! last one at which a fault fired counts. Where none is left, it is a handshake that the client broke off without an
//! alert on a connection that it began after the host's last answer; or a connection to a real program, of which nothing more is seen than that it
//! was accepted, and then the layer is the scenario's own. Where nothing at all failed in the timeline, the command stopped on the
//! client, and the layer is the scenario's own. The mechanism of a fault is written as a layer: `net` and `tcp` faults
//! are `tcp`, `git`, `ssh` and `vanity` faults `git`.

mod layer;
mod trouble;

use crate::canonical::timeline::is_by_client;
use crate::observation::{Exit, StepObservation};
use crate::program::only_accepts;
use layer::bent_layer;
use modfault_kit::event::Outcome;
use modfault_kit::{Event, EventKind, PlacedFault};
use modfault_scenario::{Layer, Stopped};
use trouble::{Trouble, is_look_at_repository, port_key};

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
        .or_else(|| broken_off(events))
        .or_else(|| unseen_within(events, own))
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

/// Where nothing failed that a fake could see: the last fault that fired, as packets that vanish leave no other trace. An answer
/// that only came late leaves one.
fn silent_fault(events: &[Event], faults: &[PlacedFault]) -> Option<Stopped> {
    events.iter().rev().find_map(|event| {
        let EventKind::Fired { fault, key } = &event.kind else {
            return None;
        };
        let placed = faults.iter().find(|placed| &placed.id == fault)?;
        Some(Stopped {
            at: Some(placed.on.clone()),
            layer: match bent_layer(faults, fault)? {
                Layer::Tcp if *key == port_key(53) => Layer::Dns,
                layer => layer,
            },
        })
    })
}

/// Where nothing failed at all, and the last that was seen is a connection that a real program accepted: what was said on it only the
/// program knows, and the layer is the scenario's own. A fake tells more of each than that it accepted it.
fn unseen_within(events: &[Event], own: Layer) -> Option<Stopped> {
    let event = events
        .iter()
        .rfind(|event| !matches!(event.kind, EventKind::Dns { .. }))?;
    only_accepts(events, &event.host).then(|| Stopped {
        at: Some(event.host.clone()),
        layer: own,
    })
}

/// Where nothing else failed: a handshake that the client ended without a word why, as git with GnuTLS does, on a
/// connection newer than every answer of that host. An older one was merely not needed.
fn broken_off(events: &[Event]) -> Option<Stopped> {
    let (index, event) = events.iter().enumerate().rev().find(|(_, event)| {
        matches!(&event.kind, EventKind::Tls { outcome: Outcome::Failed(how), .. } if is_by_client(how))
    })?;
    let of_host = |other: &&Event| other.host == event.host;
    let accepted = events[..index]
        .iter()
        .rposition(|other| of_host(&other) && matches!(other.kind, EventKind::Accepted { .. }))?;
    let answered_since = events[accepted..]
        .iter()
        .filter(of_host)
        .any(|other| matches!(&other.kind, EventKind::Http(exchange) if !is_look_at_repository(exchange)));
    (!answered_since).then(|| Stopped {
        at: Some(event.host.clone()),
        layer: Layer::Tls,
    })
}
