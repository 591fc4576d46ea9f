//! Where everything is: documentation addresses (RFC 5737), the same in every phase of a scenario.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use modfault_kit::HostName;

/// The host that owns the addresses without a machine.
pub const NOWHERE: &str = "nowhere";

/// The resolver of every world.
pub const RESOLVER: &str = "resolver.corp.example";

/// The caching resolver of the client itself, where a scenario gives it one.
pub const STUB_RESOLVER: &str = "stub-resolver";

/// Where that listens: on the client's own loopback, as systemd-resolved does.
pub const STUB_RESOLVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);

/// Where the client is.
pub const CLIENT_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// The next hop of the client.
pub const GATEWAY_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// The resolver's address.
pub const RESOLVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 53);

/// The first address of the other hosts.
const FIRST_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// The address of each host: the resolver's own, and for the others one after the other in the order of their names.
pub fn addresses<'a>(
    hosts: impl IntoIterator<Item = &'a HostName>,
) -> BTreeMap<HostName, Ipv4Addr> {
    let mut others = u32::from(FIRST_ADDRESS)..;
    let mut names: Vec<&HostName> = hosts.into_iter().collect();
    names.sort();
    names
        .into_iter()
        .filter_map(|name| {
            let address = match name.as_str() {
                RESOLVER => RESOLVER_ADDRESS,
                _ => Ipv4Addr::from(others.next()?),
            };
            Some((name.clone(), address))
        })
        .collect()
}
