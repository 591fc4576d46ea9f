//! Packet faults, on the wire.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::Probability;

/// What happens to packets between the client and a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetFault {
    /// Packets to the host vanish, SYN included: a firewall that drops.
    Drop,
    /// ICMP echo alone vanishes: a firewall that filters ping.
    DropIcmp,
    /// A SYN is answered with RST: nothing listens (RFC 9293 §3.5.2).
    Rst,
    /// ICMP destination unreachable, code 1 (RFC 792).
    HostUnreachable,
    /// ICMP destination unreachable, code 0 (RFC 792).
    NetUnreachable,
    /// ICMP destination unreachable, code 13: administratively prohibited (RFC 1812 §5.2.7.1).
    AdminProhibited,
    /// Packets in both directions take so much longer, one way.
    Delay(
        #[serde(with = "humantime_serde")]
        #[schemars(with = "crate::quantity::DurationText")]
        Duration,
    ),
    /// Packets in both directions are lost with this probability, by a hash of seed, flow and sequence number.
    Loss(Probability),
    /// Packets to the client above this size in bytes vanish, and no ICMP says so (RFC 2923 §2.1).
    MtuBlackhole(u16),
    /// Once the connection has carried this many bytes to the client, all its packets vanish.
    CutAfter(crate::quantity::ByteCount),
}
