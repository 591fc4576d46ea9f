//! Reading the headers of a frame where they lie: nothing is copied.

use std::net::Ipv4Addr;

/// Length of the `virtio_net_hdr` that the kernel puts before each frame (packet(7), PACKET_VNET_HDR), in bytes.
pub const VNET_HEADER: usize = 10;

/// Length of an Ethernet header without tags, in bytes.
pub const ETHERNET_HEADER: usize = 14;

/// FIN, as in RFC 9293 §3.1.
pub const FIN: u8 = 0x01;
/// SYN.
pub const SYN: u8 = 0x02;
/// RST.
pub const RST: u8 = 0x04;
/// ACK.
pub const ACK: u8 = 0x10;

/// A frame as a packet socket delivers it: virtio header, Ethernet header, packet.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    bytes: &'a [u8],
}

/// What a frame carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An IPv4 packet (RFC 791).
    Ipv4(Packet),
    /// A question who has an IPv4 address (RFC 826).
    WhoHas {
        /// Who asks.
        sender: Ipv4Addr,
        /// The address asked about.
        target: Ipv4Addr,
    },
    /// Anything else, or what is cut short.
    Other,
}

/// The headers of an IPv4 packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it comes from.
    pub source: Ipv4Addr,
    /// Where it goes.
    pub destination: Ipv4Addr,
    /// Time to live.
    pub ttl: u8,
    /// The protocol's number (IANA).
    pub protocol: u8,
    /// The largest packet that it is on a real wire, in bytes: a segment where the kernel left the cutting to us.
    pub size: usize,
    /// What it carries.
    pub transport: Transport,
}

/// The transport header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A TCP segment (RFC 9293), or several that are not cut apart yet.
    Tcp(Segment),
    /// A UDP datagram (RFC 768).
    Udp {
        /// Where it comes from.
        source_port: u16,
        /// Where it goes.
        destination_port: u16,
    },
    /// An ICMP message (RFC 792).
    Icmp {
        /// Type.
        kind: u8,
        /// Identifier of an echo.
        identifier: u16,
        /// Sequence number of an echo.
        sequence: u16,
    },
    /// Another protocol, a later fragment, or a header that is cut short.
    Other,
}

/// A TCP segment without its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it comes from.
    pub source_port: u16,
    /// Where it goes.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// The flags [`FIN`] to [`ACK`].
    pub flags: u8,
    /// The room that its sender has, unscaled; 0 is none in every unit.
    pub window: u16,
    /// Where the payload begins, counted from the Ethernet header, in bytes.
    pub payload_at: usize,
    /// Length of the payload, in bytes.
    pub payload: usize,
}

impl Segment {
    /// Whether exactly those of `flags` are set that are in `of`.
    pub fn has(&self, flags: u8, of: u8) -> bool {
        self.flags & of == flags
    }
}

impl<'a> Frame<'a> {
    /// The frame in `bytes`, virtio header first; `None` where even the Ethernet header is cut short.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() >= VNET_HEADER + ETHERNET_HEADER).then_some(Self { bytes })
    }

    /// The Ethernet frame.
    pub fn ethernet(&self) -> &'a [u8] {
        &self.bytes[VNET_HEADER..]
    }

    /// What follows the Ethernet header.
    pub fn packet(&self) -> &'a [u8] {
        &self.bytes[VNET_HEADER + ETHERNET_HEADER..]
    }

    /// The port of the datagram that this frame says nobody listens at: ICMP port unreachable (RFC 792), which quotes it.
    pub fn refused_datagram(&self) -> Option<u16> {
        let bytes = self.packet();
        let icmp = bytes.get(usize::from(bytes.first()? & 0x0f) * 4..)?;
        let quoted = icmp.get(8..)?;
        let is_refusal = bytes.get(9) == Some(&1) && icmp[..2] == [3, 3];
        (is_refusal && quoted.get(9) == Some(&17))
            .then(|| u16_at(quoted, usize::from(quoted[0] & 0x0f) * 4 + 2))
            .flatten()
    }

    /// Hardware address that it is sent to.
    pub fn destination_mac(&self) -> [u8; 6] {
        mac(self.ethernet(), 0)
    }

    /// Hardware address that it is sent from.
    pub fn source_mac(&self) -> [u8; 6] {
        mac(self.ethernet(), 6)
    }

    /// The size that the kernel would cut its payload into, in bytes; 0 where it is one packet already.
    fn segment_size(&self) -> usize {
        let gso_type = self.bytes[1];
        let gso_size = u16::from_ne_bytes([self.bytes[4], self.bytes[5]]);
        if gso_type == 0 {
            0
        } else {
            usize::from(gso_size)
        }
    }

    /// Reads its headers.
    pub fn content(&self) -> Content {
        let ethernet = self.ethernet();
        let packet = self.packet();
        let content = match u16_at(ethernet, 12) {
            Some(0x0800) => self.ipv4(packet).map(Content::Ipv4),
            Some(0x0806) => who_has(packet),
            _ => None,
        };
        content.unwrap_or(Content::Other)
    }

    fn ipv4(&self, bytes: &[u8]) -> Option<Packet> {
        let first = *bytes.first()?;
        let header = usize::from(first & 0x0f) * 4;
        if first >> 4 != 4 || header < 20 || bytes.len() < header {
            return None;
        }
        let length = usize::from(u16_at(bytes, 2)?).min(bytes.len());
        let body = bytes.get(header..length)?;
        let protocol = bytes[9];
        let later_fragment = u16_at(bytes, 6)? & 0x1fff != 0;
        let transport = if later_fragment {
            Transport::Other
        } else {
            transport(protocol, body, ETHERNET_HEADER + header).unwrap_or(Transport::Other)
        };
        let size = match (&transport, self.segment_size()) {
            (_, 0) => length,
            (Transport::Tcp(segment), most) => length.min(length - segment.payload + most),
            (_, most) => length.min(header + 8 + most),
        };
        Some(Packet {
            source: address(bytes, 12)?,
            destination: address(bytes, 16)?,
            ttl: bytes[8],
            protocol,
            size,
            transport,
        })
    }
}

impl Packet {
    /// Whether an ICMP error may answer it: not another error, not a multicast or broadcast (RFC 1122 §3.2.2).
    pub fn may_be_answered_by_an_error(&self) -> bool {
        let is_error =
            matches!(self.transport, Transport::Icmp { kind, .. } if !matches!(kind, 0 | 8));
        !(is_error || self.destination.is_multicast() || self.destination.is_broadcast())
    }

    /// The port that it goes to; 0 for protocols without ports.
    pub fn destination_port(&self) -> u16 {
        match &self.transport {
            Transport::Tcp(segment) => segment.destination_port,
            Transport::Udp {
                destination_port, ..
            } => *destination_port,
            Transport::Icmp { .. } | Transport::Other => 0,
        }
    }

    /// `tcp`, `udp`, `icmp` or the protocol's number.
    pub fn protocol_name(&self) -> String {
        match self.protocol {
            1 => "icmp".to_owned(),
            6 => "tcp".to_owned(),
            17 => "udp".to_owned(),
            other => other.to_string(),
        }
    }
}

/// Takes one from the time to live of the IPv4 packet in `bytes`, a frame with its virtio header.
///
/// The header's checksum is mended, not computed anew (RFC 1624, equation 3).
pub fn hop(bytes: &mut [u8]) {
    let Some(header) = bytes.get_mut(VNET_HEADER + ETHERNET_HEADER..) else {
        return;
    };
    if header.len() < 20 {
        return;
    }
    let old = u16::from_be_bytes([header[8], header[9]]);
    header[8] = header[8].saturating_sub(1);
    let new = u16::from_be_bytes([header[8], header[9]]);
    let checksum = u16::from_be_bytes([header[10], header[11]]);
    let mut sum = u32::from(!checksum) + u32::from(!old) + u32::from(new);
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let mended = !u16::try_from(sum).unwrap_or(u16::MAX);
    header[10..12].copy_from_slice(&mended.to_be_bytes());
}

fn transport(protocol: u8, body: &[u8], at: usize) -> Option<Transport> {
    Some(match protocol {
        6 => {
            let header = usize::from(*body.get(12)? >> 4) * 4;
            if header < 20 || body.len() < header {
                return None;
            }
            Transport::Tcp(Segment {
                source_port: u16_at(body, 0)?,
                destination_port: u16_at(body, 2)?,
                sequence: u32_at(body, 4)?,
                acknowledgement: u32_at(body, 8)?,
                flags: *body.get(13)? & (FIN | SYN | RST | ACK),
                window: u16_at(body, 14)?,
                payload_at: at + header,
                payload: body.len() - header,
            })
        }
        17 => Transport::Udp {
            source_port: u16_at(body, 0)?,
            destination_port: u16_at(body, 2)?,
        },
        1 => Transport::Icmp {
            kind: *body.first()?,
            identifier: u16_at(body, 4)?,
            sequence: u16_at(body, 6)?,
        },
        _ => return None,
    })
}

fn who_has(bytes: &[u8]) -> Option<Content> {
    // Ethernet, IPv4, address lengths 6 and 4, request.
    (bytes.get(..8)? == [0, 1, 8, 0, 6, 4, 0, 1]).then_some(())?;
    Some(Content::WhoHas {
        sender: address(bytes, 14)?,
        target: address(bytes, 24)?,
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn address(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    u32_at(bytes, at).map(Ipv4Addr::from)
}

fn mac(ethernet: &[u8], at: usize) -> [u8; 6] {
    let mut mac = [0; 6];
    mac.copy_from_slice(&ethernet[at..at + 6]);
    mac
}
