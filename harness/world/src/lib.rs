//! A world as plain data: everything that is needed to build one, and nothing of how.
//!
//! [`plan()`] makes a [`World`] of a scenario and a phase, with the [`clock`] that it goes by; [`environment`] and [`project`] are the defaults of its client.

pub mod client;
pub mod clock;
pub mod component;
pub mod environment;
mod expectations;
mod graph;
pub mod host;
pub mod module;
mod plan;
pub mod probe;
pub mod project;
mod ssh;
pub mod step;
mod sumdb;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use modfault_kit::{FaultId, HostName, PlacedFault, Seed};

pub use client::{Client, FileContent, Ssh};
pub use clock::WorldClock;
pub use component::ComponentPlan;
pub use host::{
    Authority, Host, Listener, Login, ProxyPlan, Repository, Serves, SitePlan, TlsPlan,
};
pub use modfault_scenario::address::{
    CLIENT_ADDRESS, GATEWAY_ADDRESS, RESOLVER_ADDRESS, STUB_RESOLVER, STUB_RESOLVER_ADDRESS,
};
pub use modfault_scenario::client::places;
pub use module::{Module, ModuleVersionSource};
pub use plan::plan;
pub use probe::Probe;
pub use step::Step;

/// One phase of a scenario, ready to be built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// The root of every random choice.
    pub seed: Seed,
    /// The machines of the small internet, the resolver among them.
    pub hosts: BTreeMap<HostName, Host>,
    /// The client's nameserver; one of `hosts`.
    pub resolver: HostName,
    /// Names that the resolver knows beside those of `hosts`, with their addresses; empty for a name without any.
    pub names: BTreeMap<HostName, Vec<std::net::IpAddr>>,
    /// The module sources that hosts refer to, by module path.
    pub modules: BTreeMap<String, Module>,
    /// The machine that the command runs on.
    pub client: Client,
    /// What is wrong with fakes and the wire.
    pub faults: Vec<PlacedFault>,
    /// What else is wrong, and already part of this plan: a client or hosts that are otherwise, steps that are faults.
    pub patches: Vec<FaultId>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is tried on the client then, to find what is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// Files of the client, by absolute path, that are kept with the observation after each step.
    pub observe: Vec<String>,
    /// The clock that its commands, its fakes and its wire go by.
    pub clock: WorldClock,
    /// How long a command may take before it is killed.
    pub timeout: Duration,
    /// Addresses without a machine that may be tried all the same: they belong to the host `nowhere`.
    pub nowhere: Vec<Ipv4Addr>,
}
