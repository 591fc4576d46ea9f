//! Records written down by hand.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use modfault_kit::event::{Exchange, Outcome};
use modfault_kit::fault::{ChainFlaw, TlsFault};
use modfault_kit::{
    Event, EventKind, Fault, FaultId, HostName, PlacedFault, RequestKind, Selector, Trigger,
};
use modfault_outcome::{
    Cost, Exit, JudgeInput, Judgement, Observation, ObservedClock, PhaseInput, StepObservation,
    Wording, judge,
};
use modfault_report::{Card, FaultCard, HostCard, Place, Record};
use modfault_scenario::{Expect, Kind, Layer, Phase};

const PROXY: &str = "goproxy.corp.example";
const COMMAND: &str = "go mod download example.com/greet@v1.0.0";

pub(crate) fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

pub(crate) fn card() -> Card {
    let machine = |name: &str, last: u8, role: &str| HostCard {
        name: host(name),
        address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)),
        role: role.to_owned(),
    };
    Card {
        id: "tls/missing-intermediate".to_owned(),
        path: None,
        description: "The module proxy sends its leaf certificate without the intermediate that \
                      signed it."
            .to_owned(),
        kind: Kind::Fails,
        layer: Layer::Tls,
        cause: "tls/missing-intermediate".to_owned(),
        told: Some(
            "A browser often fetches the missing certificate by itself, or has it from another \
             site; most other programs do not, so the server seems fine to whoever looks at it \
             with a browser."
                .to_owned(),
        ),
        sources: vec!["S1-3.2".to_owned(), "S0-2.3".to_owned()],
        go: None,
        needs: vec![],
        client: vec!["GOPROXY=https://goproxy.corp.example".to_owned()],
        hosts: vec![
            machine(
                PROXY,
                10,
                "goproxy with example.com/greet, git server, pages and a long list of further duties",
            ),
            machine("resolver.corp.example", 53, "resolver"),
        ],
        faults: vec![FaultCard {
            words: "goproxy.corp.example sends its leaf certificate without the intermediate that \
                    signed it"
                .to_owned(),
            place: Place::Host(host(PROXY)),
        }],
        steps: vec![COMMAND.to_owned()],
        fixes: vec!["The proxy serves its full chain".to_owned()],
        nonfixes: vec!["GOINSECURE: it covers direct fetches, not a proxy".to_owned()],
        probes: vec![],
        claims: vec![],
        relies_on: vec![],
    }
}

fn event(at: u64, host_name: &str, kind: EventKind) -> Event {
    Event {
        at: Duration::from_millis(at),
        ..Event::new(&host(host_name), kind)
    }
}

fn resolved(at: u64) -> Event {
    event(
        at,
        "resolver.corp.example",
        EventKind::Dns {
            name: PROXY.to_owned(),
            record_type: "A".to_owned(),
            transport: "udp".to_owned(),
            answer: "A 203.0.113.10".to_owned(),
            outcome: Outcome::Done,
        },
    )
}

fn handshake(at: u64, outcome: Outcome) -> Vec<Event> {
    vec![
        event(at, PROXY, EventKind::Accepted { port: 443 }),
        event(
            at + 1,
            PROXY,
            EventKind::Tls {
                port: 443,
                sni: Some(PROXY.to_owned()),
                version: outcome.is_done().then(|| "1.3".to_owned()),
                alpn: outcome.is_done().then(|| "h2".to_owned()),
                outcome,
            },
        ),
    ]
}

fn got(at: u64, asked: RequestKind, file: &str) -> Event {
    event(
        at,
        PROXY,
        EventKind::Http(Exchange {
            asked,
            method: "GET".to_owned(),
            scheme: "https".to_owned(),
            path: format!("/example.com/greet/@v/{file}"),
            version: "HTTP/2.0".to_owned(),
            user: None,
            status: Some(200),
            location: None,
            body: 120,
            outcome: Outcome::Done,
        }),
    )
}

fn observation(
    phase: Phase,
    placed: Vec<FaultId>,
    code: i32,
    stderr: &str,
    took: u64,
    events: Vec<Event>,
) -> Observation {
    Observation {
        phase,
        go: "go1.26.8".to_owned(),
        tools: BTreeMap::new(),
        placed,
        steps: vec![StepObservation {
            title: COMMAND.to_owned(),
            exit: Some(Exit::Code(code)),
            stdout: String::new(),
            stderr: stderr.to_owned(),
            took: Duration::from_millis(took),
            events,
            files: BTreeMap::new(),
            hang: None,
            together: Vec::new(),
        }],
        probes: Vec::new(),
        components: BTreeMap::new(),
        bindings: BTreeMap::new(),
        clock: ObservedClock::default(),
        cost: Cost::default(),
    }
}

fn healthy(phase: Phase) -> Observation {
    let mut events = vec![resolved(1)];
    events.extend(handshake(2, Outcome::Done));
    events.push(got(4, RequestKind::Info, "v1.0.0.info"));
    events.push(got(5, RequestKind::Zip, "v1.0.0.zip"));
    observation(phase, vec![], 0, "", 20, events)
}

fn faulty(phase: Phase) -> Observation {
    let mut events = vec![
        resolved(1),
        event(
            2,
            PROXY,
            EventKind::Fired {
                fault: FaultId("fault[0]".to_owned()),
                key: "tls port 443".to_owned(),
            },
        ),
    ];
    let rejected = Outcome::Failed("client sent alert bad_certificate".to_owned());
    events.extend(handshake(3, rejected.clone()));
    events.extend(handshake(30_004, rejected));
    observation(
        phase,
        vec![FaultId("fault[0]".to_owned())],
        1,
        "the tool's own words about https://goproxy.corp.example/example.com/greet/@v/v1.0.0.info: \
         it trusts nobody who vouches for it\n\tand a line below\n",
        30_120,
        events,
    )
}

fn placed() -> PlacedFault {
    PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: host(PROXY),
        select: Selector::default(),
        trigger: Trigger::default(),
        what: Fault::Tls(TlsFault::Chain(ChainFlaw::LeafOnly)),
    }
}

fn recorded(observations: &[Observation], expect: &Expect) -> Record {
    let phases = observations
        .iter()
        .map(|observation| PhaseInput {
            phase: observation.phase,
            title: match observation.phase {
                Phase::Control | Phase::Fault | Phase::Trial => String::new(),
                Phase::Fix(n) => card().fixes[n].clone(),
                Phase::Nonfix(n) => card().nonfixes[n].clone(),
            },
            expect: match observation.phase {
                Phase::Fault => vec![expect.clone()],
                Phase::Control | Phase::Fix(_) | Phase::Nonfix(_) | Phase::Trial => vec![],
            },
            faults: if observation.placed.is_empty() {
                vec![]
            } else {
                vec![placed()]
            },
            observation,
        })
        .collect();
    let input = JudgeInput {
        kind: Kind::Fails,
        layer: Layer::Tls,
        phases,
    };
    let judgement: Judgement = judge(&input, &Wording::default());
    Record::new(card(), &input, &judgement, Duration::from_millis(123))
}

/// Control and fault, each on a clock.
pub(crate) fn recorded_on([control, fault]: [ObservedClock; 2]) -> Record {
    let on = |clock, observation| Observation {
        clock,
        ..observation
    };
    recorded(
        &[
            on(control, healthy(Phase::Control)),
            on(fault, faulty(Phase::Fault)),
        ],
        &Expect::default(),
    )
}

/// An experiment in which all holds.
pub(crate) fn passed() -> Record {
    recorded(
        &[
            healthy(Phase::Control),
            faulty(Phase::Fault),
            healthy(Phase::Fix(0)),
            faulty(Phase::Nonfix(0)),
        ],
        &Expect {
            exit: Some(1),
            ..Expect::default()
        },
    )
}

/// An experiment in which the fix does not mend, the nonfix does, and the snapshot differs.
pub(crate) fn failed() -> Record {
    let mut record = recorded(
        &[
            healthy(Phase::Control),
            faulty(Phase::Fault),
            faulty(Phase::Fix(0)),
            healthy(Phase::Nonfix(0)),
        ],
        &Expect {
            stderr: vec!["something else".to_owned()],
            ..Expect::default()
        },
    );
    record.reasons.push(modfault_report::ReasonRecord::from(
        &modfault_outcome::Reason::Snapshot {
            diff: modfault_outcome::Diff {
                recorded: "=== fault ===\nexit 1\nstderr:\n  one\n  two\n  three\n  four\n  five\n"
                    .to_owned(),
                got: "=== fault ===\nexit 1\nstderr:\n  one\n  two\n  three\n  4 < 5\n  five\n"
                    .to_owned(),
            },
        },
    ));
    record
}

/// A scenario for which the machine lacks something.
pub(crate) fn not_run() -> Record {
    let card = Card {
        id: "git/host-key-unknown".to_owned(),
        path: None,
        layer: Layer::Git,
        needs: vec!["ssh".to_owned()],
        ..card()
    };
    Record::could_not_run(card, "it needs `ssh`, which this machine does not have")
}
