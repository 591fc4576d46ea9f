//! Which host has which address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use modfault_kit::HostName;

/// The name under which traffic to addresses without an owner is recorded, and of the host that may own them.
pub const NOWHERE: &str = "nowhere";

/// The addresses of one small internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressMap {
    /// The client's.
    pub client: Ipv4Addr,
    /// The wire's own: the next hop of the client.
    pub gateway: Ipv4Addr,
    /// The hosts'. What the host called `nowhere` owns is unreachable by intention: no egress is recorded for it.
    pub hosts: BTreeMap<Ipv4Addr, HostName>,
    /// Where connections are begun in vain: the queue of the listener is full, and its kernel lets every SYN fall. The wire
    /// carries them as any other; it only does not wait for the answer.
    pub overloaded: BTreeSet<(Ipv4Addr, u16)>,
    /// Who has no fake that would tell of the connections that it accepts: the wire does.
    pub untold: BTreeSet<Ipv4Addr>,
}

impl AddressMap {
    /// The host at `address`.
    pub fn host(&self, address: Ipv4Addr) -> Option<&HostName> {
        self.hosts.get(&address)
    }
}
