//! The part of the script that makes the network.
//!
//! ```text
//!   client namespace          hub namespace               internet namespace
//!   eth0 198.51.100.2 ───────── client   internet ─────── eth0
//!   default via .1              packet sockets of         every host's address is local
//!                               our process: the wire
//! ```
//!
//! The wire's router address is a permanent neighbour of the client with the Ethernet address of the internet's `eth0`, and the
//! other way round: a frame is passed on as it is, and nobody asks by ARP.

use std::net::Ipv4Addr;

use crate::netlink::{Batch, LOOPBACK, LinkEnd, Route};
use crate::paths::c_string;
use crate::plan::{NetworkPlan, Offloads};
use crate::script::{Op, Script, fixed};
use crate::{Identity, SandboxError};

/// The Ethernet address of the client's `eth0`.
pub const CLIENT_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x02];

/// The Ethernet address of the client's router, which is that of the internet's `eth0`.
pub const GATEWAY_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];

// Frames are for neither near end, so that the hub's own stack lets them lie.
const NEAR_CLIENT_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x12];
const NEAR_INTERNET_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x11];

const ETH0: u32 = 2;
const NEAR_CLIENT: u32 = 2;
const NEAR_INTERNET: u32 = 3;

/// Least, first and largest receive buffer of a connection, in bytes: with a round trip of 0.1 ms it carries more than 500 MB/s, and what
/// it lets a sender have under way fits into the wire's socket, so that no packet is lost but by a fault.
const TCP_BUFFER: &str = "4096 131072 131072";

/// Makes the three network namespaces; init ends up in the client's.
pub(crate) fn namespaces(script: &mut Script) {
    for namespace in [fixed::HUB, fixed::INTERNET, fixed::CLIENT] {
        script.must("make a network namespace", Op::Unshare(libc::CLONE_NEWNET));
        script.must(
            "open the network namespace",
            Op::Open {
                path: c"/proc/self/ns/net".to_owned(),
                flags: libc::O_RDONLY,
                to: namespace,
            },
        );
    }
}

/// Makes links, addresses and routes; the sandbox's own `/proc` is mounted. Init ends up in the internet's namespace.
pub(crate) fn links(
    script: &mut Script,
    plan: &NetworkPlan,
    identity: &Identity,
) -> Result<(), SandboxError> {
    for namespace in [fixed::CLIENT, fixed::INTERNET, fixed::HUB] {
        script.must("enter a network namespace", Op::EnterNetwork(namespace));
        script.may(
            "keep TCP windows small",
            setting("net.ipv4.tcp_rmem", TCP_BUFFER)?,
        );
        // A kernel without IPv6 has no such setting.
        script.may(
            "keep IPv6 quiet",
            setting("net.ipv6.conf.default.disable_ipv6", "1")?,
        );
    }
    hub(script);
    script.must(
        "enter the client's network",
        Op::EnterNetwork(fixed::CLIENT),
    );
    client(script, plan, identity)?;
    script.must(
        "enter the internet's network",
        Op::EnterNetwork(fixed::INTERNET),
    );
    internet(script, plan)
}

fn hub(script: &mut Script) {
    let far = |mac| LinkEnd {
        name: "eth0",
        index: ETH0,
        mac,
    };
    let mut batch = Batch::default();
    batch.veth(
        LinkEnd {
            name: "client",
            index: NEAR_CLIENT,
            mac: NEAR_CLIENT_MAC,
        },
        far(CLIENT_MAC),
        fixed::CLIENT,
    );
    batch.veth(
        LinkEnd {
            name: "internet",
            index: NEAR_INTERNET,
            mac: NEAR_INTERNET_MAC,
        },
        far(GATEWAY_MAC),
        fixed::INTERNET,
    );
    netlink(script, "make the links (veth)", batch);
    for (interface, to) in [
        (NEAR_CLIENT, fixed::WIRE_CLIENT),
        (NEAR_INTERNET, fixed::WIRE_INTERNET),
    ] {
        script.must(
            "open a packet socket",
            Op::PacketSocket {
                interface: interface as i32,
                to,
            },
        );
    }
}

fn client(
    script: &mut Script,
    plan: &NetworkPlan,
    identity: &Identity,
) -> Result<(), SandboxError> {
    let mut batch = Batch::default();
    batch.up(LOOPBACK);
    batch.up(ETH0);
    batch.address(ETH0, plan.client);
    batch.neighbour(ETH0, plan.gateway, GATEWAY_MAC);
    batch.route(Ipv4Addr::UNSPECIFIED, 0, Route::Via(plan.gateway, ETH0));
    netlink(script, "set up the client's network", batch);
    offloads(script, plan.offloads);
    let client = identity.client_id();
    script.may(
        "allow ping without privileges",
        setting("net.ipv4.ping_group_range", &format!("{client} {client}"))?,
    );
    for (name, value) in &plan.sysctls {
        script.must(format!("set {name} to {value}"), setting(name, value)?);
    }
    Ok(())
}

fn internet(script: &mut Script, plan: &NetworkPlan) -> Result<(), SandboxError> {
    let mut batch = Batch::default();
    batch.up(LOOPBACK);
    batch.up(ETH0);
    for (prefix, length) in &plan.hosts {
        batch.route(*prefix, *length, Route::Local);
    }
    batch.neighbour(ETH0, plan.client, CLIENT_MAC);
    batch.route(plan.client, 32, Route::Link(ETH0));
    netlink(script, "set up the internet's network", batch);
    offloads(script, plan.offloads);
    for (name, value) in [
        // A host that says "port unreachable" says it each time, or runs would differ.
        ("icmp_ratelimit", "0"),
        ("icmp_ratemask", "0"),
        // A real server as an ordinary user serves on 443 too.
        ("ip_unprivileged_port_start", "0"),
    ] {
        let name = format!("net.ipv4.{name}");
        script.may(format!("set {name}"), setting(&name, value)?);
    }
    Ok(())
}

fn netlink(script: &mut Script, name: &str, batch: Batch) {
    let (messages, last) = batch.finish();
    script.must(name, Op::Netlink { messages, last });
}

fn offloads(script: &mut Script, offloads: Offloads) {
    if offloads == Offloads::Off {
        let mut interface = [0; 16];
        interface[..4].copy_from_slice(b"eth0");
        script.must("turn the offloads off", Op::OffloadsOff { interface });
    }
}

fn setting(name: &str, value: &str) -> Result<Op, SandboxError> {
    let path = format!("/proc/sys/{}", name.replace('.', "/"));
    if path.split('/').any(|part| part == "..") {
        return Err(SandboxError::Path {
            path,
            reason: "it is no kernel setting",
        });
    }
    Ok(Op::Setting {
        path: c_string(&path)?,
        value: value.as_bytes().to_vec(),
    })
}
