//! What a report says of a scenario: enough to tell it without its file.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::claims::ClaimCard;
use modfault_kit::{Fault, HostName};
use modfault_scenario::client::Action;
use modfault_scenario::describe::{
    describe, describe_client, describe_clock, describe_host, describe_step,
};
use modfault_scenario::{Insight, Kind, Layer, Moment, Scenario, ScenarioFault, ScenarioStep};
use modfault_world::World;

/// A scenario in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// `tls/missing-intermediate`.
    pub id: String,
    /// Its file, where it is somebody's own: commands take that in place of the id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// One sentence.
    pub description: String,
    /// What it shows.
    pub kind: Kind,
    /// Where it belongs.
    pub layer: Layer,
    /// The truth of its fault, `<layer>/<name>`; its own id as a rule.
    pub cause: String,
    /// More for readers, paragraphs apart by an empty line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The documents that it is taken from: `S1-3.2`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The Go versions that it is about: `>=1.24`; all where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go: Option<String>,
    /// What the machine must have: `git`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The client's settings that the scenario makes: `GOPROXY=https://goproxy.corp.example`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client: Vec<String>,
    /// The machines of the small internet, the resolver among them.
    pub hosts: Vec<HostCard>,
    /// What is wrong.
    pub faults: Vec<FaultCard>,
    /// The command lines and other steps.
    pub steps: Vec<String>,
    /// The titles of the remedies that mend it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<String>,
    /// The titles of the remedies that do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nonfixes: Vec<String>,
    /// The commands with which people look for what is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeCard>,
    /// The statements of documents that it puts to the test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimCard>,
    /// Those that it relies on, tried by other scenarios.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relies_on: Vec<ClaimCard>,
}

/// A probe in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeCard {
    /// The command line.
    pub run: String,
    /// What it tells, or why it tells nothing.
    pub reveals: String,
    /// Whether it tells anything.
    pub insight: Insight,
    /// When it runs.
    pub moment: Moment,
}

/// A machine in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCard {
    /// Its name.
    pub name: HostName,
    /// Its address.
    pub address: IpAddr,
    /// What it does: `goproxy with example.com/greet`.
    pub role: String,
}

/// A fault in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCard {
    /// A sentence without its final period.
    pub words: String,
    /// Where the drawing marks it.
    pub place: Place,
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On the client.
    Client,
    /// Between the client and this host.
    Wire(HostName),
    /// On this host.
    Host(HostName),
}

impl Card {
    /// What commands take for it: its file, or its id where it is one of ours.
    pub fn argument(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.id)
    }

    /// The card of `scenario`, with the addresses of `world`, the plan of any of its phases.
    pub fn new(scenario: &Scenario, world: &World) -> Self {
        let hosts = world.hosts.iter().map(|(name, host)| HostCard {
            name: name.clone(),
            address: IpAddr::V4(host.address),
            role: match scenario.hosts.get(name) {
                Some(spec) => describe_host(spec),
                None if *name == world.resolver => "resolver".to_owned(),
                None => "web server".to_owned(),
            },
        });
        let faults = scenario.faults.iter().map(|fault| FaultCard {
            words: describe(fault),
            place: place(fault, world),
        });
        let spoilt = scenario
            .steps
            .iter()
            .filter(|step| step.fault.is_some())
            .map(|step| FaultCard {
                words: describe_step(step),
                place: step_place(step),
            });
        Self {
            id: scenario.id.to_string(),
            path: None,
            description: scenario.description.clone(),
            kind: scenario.kind,
            layer: scenario.layer,
            cause: scenario.cause().to_string(),
            told: scenario.told.clone(),
            sources: scenario.sources.clone(),
            go: scenario.go.as_ref().map(ToString::to_string),
            needs: scenario.needs.clone(),
            client: describe_clock(&scenario.clock)
                .into_iter()
                .chain(describe_client(&scenario.client))
                .collect(),
            hosts: hosts.collect(),
            faults: faults.chain(spoilt).collect(),
            steps: scenario.steps.iter().map(describe_step).collect(),
            fixes: titles(&scenario.fixes),
            nonfixes: titles(&scenario.nonfixes),
            probes: scenario
                .probes
                .iter()
                .map(|probe| ProbeCard {
                    run: probe.run.clone(),
                    reveals: probe.reveals.clone(),
                    insight: probe.insight,
                    moment: probe.moment,
                })
                .collect(),
            claims: scenario
                .claims
                .values()
                .map(|claim| ClaimCard::new(claim, scenario))
                .collect(),
            relies_on: Vec::new(),
        }
    }
}

fn titles(remedies: &[modfault_scenario::Remedy]) -> Vec<String> {
    remedies.iter().map(|remedy| remedy.title.clone()).collect()
}

/// Where a fault is; of a patch to several machines the first.
fn place(fault: &ScenarioFault, world: &World) -> Place {
    match fault {
        ScenarioFault::Placed(placed) => match &placed.what {
            Fault::Dns(_) => Place::Host(world.resolver.clone()),
            Fault::Net(_) => Place::Wire(placed.on.clone()),
            Fault::Tcp(_)
            | Fault::Tls(_)
            | Fault::Http(_)
            | Fault::Goproxy(_)
            | Fault::Sumdb(_)
            | Fault::Git(_)
            | Fault::Ssh(_)
            | Fault::Vanity(_) => Place::Host(placed.on.clone()),
        },
        ScenarioFault::Patch(patch) => match patch.hosts.keys().next() {
            Some(host) => Place::Host(host.clone()),
            None => Place::Client,
        },
    }
}

fn step_place(step: &ScenarioStep) -> Place {
    if let Action::Retag { host, .. } = &step.action {
        Place::Host(host.clone())
    } else {
        Place::Client
    }
}
