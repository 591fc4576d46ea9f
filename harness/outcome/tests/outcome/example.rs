//! Short ways to write observations down.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use modfault_kit::event::{ConnectOutcome, Exchange, Outcome};
use modfault_kit::{
    Event, EventKind, Fault, FaultId, HostName, PlacedFault, RequestKind, Selector, Trigger,
};
use modfault_outcome::{Cost, Exit, Observation, ObservedClock, StepObservation, Wording};
use modfault_scenario::Phase;

pub(crate) fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

/// The repository's own table.
pub(crate) static WORDING: LazyLock<Wording> =
    LazyLock::new(|| Wording::parse(include_str!("../../../../scenarios/wording.toml")).unwrap());

pub(crate) fn seen(at: &str, kind: EventKind) -> Event {
    Event::new(&host(at), kind)
}

pub(crate) fn fired(at: &str, key: &str) -> Event {
    fired_as(at, "fault[0]", key)
}

pub(crate) fn fired_as(at: &str, id: &str, key: &str) -> Event {
    seen(
        at,
        EventKind::Fired {
            fault: FaultId(id.to_owned()),
            key: key.to_owned(),
        },
    )
}

pub(crate) fn accepted(at: &str) -> Event {
    seen(at, EventKind::Accepted { port: 443 })
}

pub(crate) fn refused(at: &str) -> Event {
    seen(
        at,
        EventKind::ConnectFailed {
            port: 443,
            outcome: ConnectOutcome::Refused,
        },
    )
}

pub(crate) fn broken(at: &str, how: &str) -> Event {
    seen(
        at,
        EventKind::Broken {
            port: 443,
            how: how.to_owned(),
        },
    )
}

pub(crate) fn dns(name: &str, record_type: &str, answer: &str) -> Event {
    seen(
        "resolver.corp.example",
        EventKind::Dns {
            name: name.to_owned(),
            record_type: record_type.to_owned(),
            transport: "udp".to_owned(),
            answer: answer.to_owned(),
            outcome: if answer.starts_with('A') || answer == "empty" {
                Outcome::Done
            } else {
                Outcome::Failed(answer.to_lowercase())
            },
        },
    )
}

pub(crate) fn tls(at: &str, failed: Option<&str>) -> Event {
    seen(
        at,
        EventKind::Tls {
            port: 443,
            sni: Some(at.to_owned()),
            version: Some("1.3".to_owned()),
            alpn: Some("h2".to_owned()),
            outcome: failed.map_or(Outcome::Done, |why| Outcome::Failed(why.to_owned())),
        },
    )
}

fn exchange(at: &str, asked: RequestKind, path: &str) -> Exchange {
    Exchange {
        asked,
        method: if asked == RequestKind::Connect {
            "CONNECT"
        } else {
            "GET"
        }
        .to_owned(),
        scheme: if at.starts_with("http-proxy") {
            "http"
        } else {
            "https"
        }
        .to_owned(),
        path: path.to_owned(),
        version: "HTTP/2.0".to_owned(),
        user: None,
        status: Some(200),
        location: None,
        body: 100,
        outcome: Outcome::Done,
    }
}

pub(crate) fn answered(at: &str, asked: RequestKind, path: &str, status: u16) -> Event {
    let location = (300..400).contains(&status).then(|| path.to_owned());
    seen(
        at,
        EventKind::Http(Exchange {
            status: Some(status),
            location,
            ..exchange(at, asked, path)
        }),
    )
}

pub(crate) fn git_refused(at: &str) -> Event {
    seen(
        at,
        EventKind::Git {
            repository: "team/greet".to_owned(),
            service: "refs".to_owned(),
            outcome: Outcome::Failed("status 401".to_owned()),
        },
    )
}

pub(crate) fn broke_off(at: &str, asked: RequestKind, path: &str, how: &str) -> Event {
    seen(
        at,
        EventKind::Http(Exchange {
            outcome: Outcome::Failed(how.to_owned()),
            ..exchange(at, asked, path)
        }),
    )
}

pub(crate) fn placed(on: &str, what: Fault) -> PlacedFault {
    PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: host(on),
        select: Selector::default(),
        trigger: Trigger::default(),
        what,
    }
}

pub(crate) fn step(code: i32, stderr: &str, events: Vec<Event>) -> StepObservation {
    StepObservation {
        title: "go mod download example.com/greet@v1.0.0".to_owned(),
        exit: Some(Exit::Code(code)),
        stdout: String::new(),
        stderr: stderr.to_owned(),
        took: Duration::from_millis(40),
        events,
        files: BTreeMap::new(),
        hang: None,
        together: Vec::new(),
    }
}

pub(crate) fn phase(phase: Phase, placed: &[&str], steps: Vec<StepObservation>) -> Observation {
    Observation {
        phase,
        go: "go1.26.8".to_owned(),
        tools: BTreeMap::from([("git".to_owned(), "2.39.5".to_owned())]),
        placed: placed.iter().map(|id| FaultId((*id).to_owned())).collect(),
        steps,
        probes: Vec::new(),
        components: BTreeMap::new(),
        bindings: BTreeMap::new(),
        clock: ObservedClock::default(),
        cost: Cost::default(),
    }
}
