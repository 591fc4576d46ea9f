//! What the wire remembers of a connection, or of datagrams between the same two ports.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use modfault_kit::fault::{Direction, NetFault};
use modfault_kit::{FaultId, HostName};

use crate::frame::{ACK, Packet, RST, SYN, Segment, Transport};
use crate::settle::Settlement;

/// Which flow a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FlowKey {
    pub(crate) host: Ipv4Addr,
    pub(crate) protocol: u8,
    pub(crate) host_port: u16,
    /// The client's port, or the identifier of its echo requests.
    pub(crate) client_port: u16,
}

/// One flow between the client and a host.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) host: HostName,
    pub(crate) port: u16,
    /// What is wrong with it, settled when it began.
    pub(crate) faults: Vec<(FaultId, NetFault)>,
    pub(crate) last_seen: Duration,
    pub(crate) client_isn: Option<u32>,
    /// Known once the host has answered the SYN.
    pub(crate) host_isn: Option<u32>,
    /// Payload that the client has been sent without a gap, in bytes.
    pub(crate) carried: u64,
    /// Nothing passes any more.
    pub(crate) cut: bool,
    /// What the two kernels have still to do, for TCP.
    pub(crate) settlement: Option<Settlement>,
    /// Whether its end has been recorded.
    pub(crate) told: bool,
    /// Whether the client has acknowledged the host's answer to its SYN.
    established: bool,
    attempts: BTreeMap<Attempt, u32>,
}

/// What counts as the same packet sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attempt {
    direction: Direction,
    sequence: u32,
    acknowledgement: u32,
    flags: u8,
}

impl FlowKey {
    /// The flow of `packet`, which goes in `direction`; `None` where it belongs to none.
    pub(crate) fn of(packet: &Packet, direction: Direction) -> Option<Self> {
        let (source, destination) = match &packet.transport {
            Transport::Tcp(segment) => (segment.source_port, segment.destination_port),
            Transport::Udp {
                source_port,
                destination_port,
            } => (*source_port, *destination_port),
            Transport::Icmp {
                kind: 8,
                identifier,
                ..
            } => (*identifier, 0),
            Transport::Icmp {
                kind: 0,
                identifier,
                ..
            } => (0, *identifier),
            Transport::Icmp { .. } | Transport::Other => return None,
        };
        Some(match direction {
            Direction::Upstream => Self {
                host: packet.destination,
                protocol: packet.protocol,
                host_port: destination,
                client_port: source,
            },
            Direction::Downstream => Self {
                host: packet.source,
                protocol: packet.protocol,
                host_port: source,
                client_port: destination,
            },
        })
    }
}

impl Flow {
    pub(crate) fn new(host: HostName, port: u16, now: Duration) -> Self {
        Self {
            host,
            port,
            faults: Vec::new(),
            last_seen: now,
            client_isn: None,
            host_isn: None,
            carried: 0,
            cut: false,
            settlement: None,
            told: false,
            established: false,
            attempts: BTreeMap::new(),
        }
    }

    /// Whether `segment`, of the client's, is the one that completes the handshake (RFC 9293 §3.5).
    pub(crate) fn accepts(&mut self, segment: &Segment) -> bool {
        let completes = !self.established
            && segment.has(ACK, SYN | ACK | RST)
            && self
                .host_isn
                .is_some_and(|isn| segment.acknowledgement == isn.wrapping_add(1));
        self.established |= completes;
        completes
    }

    /// What a draw about `packet` depends on: its place in the flow and how often it was sent, never when.
    pub(crate) fn occurrence(&mut self, packet: &Packet, direction: Direction) -> [u8; 14] {
        let attempt = match &packet.transport {
            Transport::Tcp(segment) => {
                let (own, other) = match direction {
                    Direction::Upstream => (self.client_isn, self.host_isn),
                    Direction::Downstream => (self.host_isn, self.client_isn),
                };
                let relative =
                    |number: u32, isn: Option<u32>| number.wrapping_sub(isn.unwrap_or(number));
                Attempt {
                    direction,
                    sequence: relative(segment.sequence, own),
                    // A packet without data is told from the others by what it acknowledges.
                    acknowledgement: if segment.payload == 0 {
                        relative(segment.acknowledgement, other)
                    } else {
                        0
                    },
                    flags: segment.flags,
                }
            }
            Transport::Icmp { sequence, .. } => Attempt {
                direction,
                sequence: u32::from(*sequence),
                acknowledgement: 0,
                flags: 0,
            },
            Transport::Udp { .. } | Transport::Other => Attempt {
                direction,
                sequence: 0,
                acknowledgement: 0,
                flags: 0,
            },
        };
        let count = self.attempts.entry(attempt).or_insert(0);
        *count += 1;
        let mut bytes = [0; 14];
        bytes[0] = u8::from(direction == Direction::Downstream);
        bytes[1..5].copy_from_slice(&attempt.sequence.to_le_bytes());
        bytes[5..9].copy_from_slice(&attempt.acknowledgement.to_le_bytes());
        bytes[9] = attempt.flags;
        bytes[10..14].copy_from_slice(&count.to_le_bytes());
        bytes
    }
}
