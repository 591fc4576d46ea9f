//! Frames that the wire makes itself, whole with checksums, behind an all-zero virtio header.

use std::net::Ipv4Addr;

use etherparse::icmpv4::{DestUnreachableHeader, TimeExceededCode};
use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, IcmpEchoHeader, Icmpv4Type, PacketBuilder,
    PacketBuilderStep, TcpHeaderSlice,
};

use crate::frame::{ACK, ETHERNET_HEADER, Frame, Packet, SYN, Segment, VNET_HEADER};

/// Payload of a segment that we make, in bytes: below every MTU in use.
const SEGMENT: usize = 1400;

/// The hardware address that ARP answers give for every address: that of the internet's end.
pub const GATEWAY_MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x01];

/// Why a packet cannot be delivered (RFC 792, RFC 1812 §5.2.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Code 0.
    Network,
    /// Code 1.
    Host,
    /// Code 3.
    Port,
    /// Code 13.
    Prohibited,
}

/// ICMP destination unreachable from `from` to the sender of `packet`.
pub fn unreachable(
    frame: &Frame<'_>,
    packet: &Packet,
    from: Ipv4Addr,
    reason: Unreachable,
) -> Vec<u8> {
    let header = match reason {
        Unreachable::Network => DestUnreachableHeader::Network,
        Unreachable::Host => DestUnreachableHeader::Host,
        Unreachable::Port => DestUnreachableHeader::Port,
        Unreachable::Prohibited => DestUnreachableHeader::FilterProhibited,
    };
    icmp_error(
        frame,
        packet,
        from,
        Icmpv4Type::DestinationUnreachable(header),
    )
}

/// ICMP time exceeded from `from` to the sender of `packet` (RFC 792).
pub fn time_exceeded(frame: &Frame<'_>, packet: &Packet, from: Ipv4Addr) -> Vec<u8> {
    let kind = Icmpv4Type::TimeExceeded(TimeExceededCode::TtlExceededInTransit);
    icmp_error(frame, packet, from, kind)
}

/// The answer to the echo request in `frame` (RFC 792).
pub fn echo(frame: &Frame<'_>, packet: &Packet, identifier: u16, sequence: u16) -> Vec<u8> {
    let bytes = frame.packet();
    let header = usize::from(bytes[0] & 0x0f) * 4;
    // Behind the packet an Ethernet frame may have padding.
    let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]])).min(bytes.len());
    let payload = bytes.get(header + 8..length).unwrap_or_default();
    let kind = Icmpv4Type::EchoReply(IcmpEchoHeader {
        id: identifier,
        seq: sequence,
    });
    let builder = back(frame, packet, packet.destination).icmpv4(kind);
    let mut out = vec![0; VNET_HEADER];
    write(builder.write(&mut out, payload));
    out
}

/// RST in answer to `segment` (RFC 9293 §3.10.7.1).
pub fn reset(frame: &Frame<'_>, packet: &Packet, segment: &Segment) -> Vec<u8> {
    let ports = (segment.destination_port, segment.source_port);
    let builder = back(frame, packet, packet.destination);
    let mut out = vec![0; VNET_HEADER];
    if segment.has(ACK, ACK) {
        let builder = builder.tcp(ports.0, ports.1, segment.acknowledgement, 0);
        write(builder.rst().write(&mut out, &[]));
    } else {
        let length =
            u32::try_from(segment.payload).unwrap_or(u32::MAX) + u32::from(segment.has(SYN, SYN));
        let acknowledged = segment.sequence.wrapping_add(length);
        let builder = builder.tcp(ports.0, ports.1, 0, 0).rst().ack(acknowledged);
        write(builder.write(&mut out, &[]));
    }
    out
}

/// The first `length` bytes of the payload of `segment`, in segments that fit the link and end neither the stream nor
/// the connection.
pub fn shortened(
    frame: &Frame<'_>,
    packet: &Packet,
    segment: &Segment,
    length: usize,
) -> Vec<Vec<u8>> {
    let ethernet = frame.ethernet();
    let payload = ethernet
        .get(segment.payload_at..segment.payload_at + length.min(segment.payload))
        .unwrap_or_default();
    let header = usize::from(ethernet[ETHERNET_HEADER] & 0x0f) * 4;
    let Ok(original) = TcpHeaderSlice::from_slice(&ethernet[ETHERNET_HEADER + header..]) else {
        return Vec::new();
    };
    let mut header = original.to_header();
    header.fin = false;
    header.rst = false;
    let mut frames = Vec::new();
    for part in payload.chunks(SEGMENT) {
        let builder = PacketBuilder::ethernet2(frame.source_mac(), frame.destination_mac())
            .ipv4(
                packet.source.octets(),
                packet.destination.octets(),
                packet.ttl.saturating_sub(1),
            )
            .tcp_header(header.clone());
        let mut out = vec![0; VNET_HEADER];
        write(builder.write(&mut out, part));
        frames.push(out);
        let passed = u32::try_from(part.len()).unwrap_or(u32::MAX);
        header.sequence_number = header.sequence_number.wrapping_add(passed);
    }
    frames
}

/// The answer that `target` is at [`GATEWAY_MAC`] (RFC 826).
pub fn is_at(frame: &Frame<'_>, sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let mac = frame.source_mac();
    let mut out = vec![0; VNET_HEADER];
    let arp = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REPLY,
        &GATEWAY_MAC,
        &target.octets(),
        &mac,
        &sender.octets(),
    );
    if let Ok(arp) = arp {
        write(
            PacketBuilder::ethernet2(GATEWAY_MAC, mac)
                .arp(arp)
                .write(&mut out),
        );
    }
    out
}

fn icmp_error(frame: &Frame<'_>, packet: &Packet, from: Ipv4Addr, kind: Icmpv4Type) -> Vec<u8> {
    // The IP header and the first eight bytes behind it tell the sender which of its packets is meant (RFC 792).
    let bytes = frame.packet();
    let header = usize::from(bytes[0] & 0x0f) * 4;
    let quoted = &bytes[..bytes.len().min(header + 8)];
    let mut out = vec![0; VNET_HEADER];
    write(
        back(frame, packet, from)
            .icmpv4(kind)
            .write(&mut out, quoted),
    );
    out
}

/// The beginning of a packet from `from` back to the sender of `packet`.
fn back(
    frame: &Frame<'_>,
    packet: &Packet,
    from: Ipv4Addr,
) -> PacketBuilderStep<etherparse::IpHeaders> {
    PacketBuilder::ethernet2(frame.destination_mac(), frame.source_mac()).ipv4(
        from.octets(),
        packet.source.octets(),
        64,
    )
}

fn write<E: std::fmt::Debug>(written: Result<(), E>) {
    written.expect("a small packet is written to memory");
}
