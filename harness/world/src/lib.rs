//! A world as plain data: everything that is needed to build one, and nothing of how.

pub mod client;
pub mod host;
pub mod module;
pub mod step;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use modfault_kit::{HostName, PlacedFault, Seed};
use serde::{Deserialize, Serialize};

pub use client::{Client, FileContent};
pub use host::{
    Authority, Host, Listener, Login, ProxyPlan, Repository, Serves, SitePlan, TlsPlan,
};
pub use module::{Module, ModuleVersionSource};
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
    /// What is wrong.
    pub faults: Vec<PlacedFault>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// Where the client is, and what it is told of the network.
pub const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// The next hop of the client.
pub const GATEWAY_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// The resolver's address; other hosts follow in 203.0.113.0/24 from .10 in the order of their names.
pub const RESOLVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 53);
