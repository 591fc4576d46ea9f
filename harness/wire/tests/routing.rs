//! What the router decides, frame by frame.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::{
    IcmpEchoHeader, Icmpv4Type, NetHeaders, PacketBuilder, PacketHeaders, TransportHeader,
};
use modfault_kit::event::ConnectOutcome;
use modfault_kit::fault::{Direction, NetFault, TcpFault, Toxic};
use modfault_kit::{
    Armed, ByteCount, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault,
    Probability, Recorder, Seed, Selector, Timeline, Trigger,
};
use modfault_wire::frame::{Frame, VNET_HEADER, hop};
use modfault_wire::{Action, AddressMap, Router, Verdict};

const CLIENT: [u8; 4] = [198, 51, 100, 2];
const GATEWAY: [u8; 4] = [198, 51, 100, 1];
const HOST: [u8; 4] = [203, 0, 113, 10];
const NOWHERE: [u8; 4] = [203, 0, 113, 99];
const STRANGE: [u8; 4] = [8, 8, 8, 8];
const CLIENT_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];
const GATEWAY_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const ISN: u32 = 1000;
const HOST_ISN: u32 = u32::MAX - 5;

struct Fixture {
    router: Router,
    timeline: Timeline,
}

impl Fixture {
    fn new(faults: Vec<PlacedFault>) -> Self {
        Self::between(faults, &[])
    }

    fn telling_of(untold: &[[u8; 4]]) -> Self {
        Self::between(Vec::new(), untold)
    }

    fn between(faults: Vec<PlacedFault>, untold: &[[u8; 4]]) -> Self {
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
        let armed = Armed::new(faults, Seed(1), clock.clone(), recorder.clone());
        let name = |text| HostName::parse(text).unwrap();
        let map = AddressMap {
            overloaded: Default::default(),
            untold: untold.iter().copied().map(Ipv4Addr::from).collect(),
            client: CLIENT.into(),
            gateway: GATEWAY.into(),
            hosts: [
                (Ipv4Addr::from(HOST), name("proxy.example")),
                (Ipv4Addr::from(NOWHERE), name("nowhere")),
            ]
            .into(),
        };
        let context = Context {
            clock,
            recorder,
            armed,
        };
        Self {
            router: Router::new(map, context),
            timeline,
        }
    }

    fn with(fault: NetFault) -> Self {
        Self::new(vec![placed(Fault::Net(fault))])
    }

    fn up(&mut self, frame: &[u8]) -> Action {
        self.decide(frame, Direction::Upstream).action
    }

    fn down(&mut self, frame: &[u8]) -> Action {
        self.decide(frame, Direction::Downstream).action
    }

    fn decide(&mut self, frame: &[u8], direction: Direction) -> Verdict {
        let frame = Frame::new(frame).unwrap();
        self.router.decide(&frame, direction, Duration::ZERO)
    }

    /// Opens a connection from `port` through the wire, without looking at what becomes of it.
    fn open(&mut self, port: u16) {
        self.up(&syn(port));
        self.down(&from_host(
            port,
            |tcp| tcp.syn().ack(ISN + 1),
            HOST_ISN,
            &[],
        ));
    }

    fn events(&mut self) -> Vec<EventKind> {
        let events = self.timeline.drain();
        events.into_iter().map(|event| event.kind).collect()
    }

    /// The events apart from those of fired faults.
    fn told(&mut self) -> Vec<EventKind> {
        let mut events = self.events();
        events.retain(|kind| !matches!(kind, EventKind::Fired { .. }));
        events
    }
}

fn placed(what: Fault) -> PlacedFault {
    PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: HostName::parse("proxy.example").unwrap(),
        select: Selector::default(),
        trigger: Trigger::Always,
        what,
    }
}

type TcpBuilder = etherparse::PacketBuilderStep<etherparse::TcpHeader>;

fn tcp(
    ends: ([u8; 4], u16, [u8; 4], u16),
    flags: impl Fn(TcpBuilder) -> TcpBuilder,
    sequence: u32,
    payload: &[u8],
) -> Vec<u8> {
    let (source, source_port, destination, destination_port) = ends;
    let builder = PacketBuilder::ethernet2(CLIENT_MAC, GATEWAY_MAC)
        .ipv4(source, destination, 64)
        .tcp(source_port, destination_port, sequence, 1000);
    let mut out = vec![0; VNET_HEADER];
    flags(builder).write(&mut out, payload).unwrap();
    out
}

fn syn(port: u16) -> Vec<u8> {
    tcp((CLIENT, port, HOST, 443), TcpBuilder::syn, ISN, &[])
}

fn from_host(
    port: u16,
    flags: impl Fn(TcpBuilder) -> TcpBuilder,
    sequence: u32,
    payload: &[u8],
) -> Vec<u8> {
    tcp((HOST, 443, CLIENT, port), flags, sequence, payload)
}

/// `payload` at `offset` of the host's stream.
fn answer(port: u16, offset: u32, payload: &[u8]) -> Vec<u8> {
    let sequence = HOST_ISN.wrapping_add(1).wrapping_add(offset);
    from_host(port, |tcp| tcp.ack(ISN + 1), sequence, payload)
}

fn udp(destination: [u8; 4], port: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; VNET_HEADER];
    PacketBuilder::ethernet2(CLIENT_MAC, GATEWAY_MAC)
        .ipv4(CLIENT, destination, 64)
        .udp(5353, port)
        .write(&mut out, payload)
        .unwrap();
    out
}

fn ping(destination: [u8; 4], ttl: u8) -> Vec<u8> {
    let mut out = vec![0; VNET_HEADER];
    PacketBuilder::ethernet2(CLIENT_MAC, GATEWAY_MAC)
        .ipv4(CLIENT, destination, ttl)
        .icmpv4_echo_request(7, 1)
        .write(&mut out, b"payload")
        .unwrap();
    out
}

/// A frame that the wire made: its source, its transport header, and that all its checksums are right.
fn read(frame: &[u8]) -> (Ipv4Addr, TransportHeader) {
    assert_eq!(&frame[..VNET_HEADER], [0; VNET_HEADER]);
    let headers = PacketHeaders::from_ethernet_slice(&frame[VNET_HEADER..]).unwrap();
    let Some(NetHeaders::Ipv4(ip, _)) = headers.net else {
        panic!("not IPv4");
    };
    assert_eq!(ip.header_checksum, ip.calc_header_checksum());
    let transport = headers.transport.unwrap();
    let payload = headers.payload.slice();
    match &transport {
        TransportHeader::Tcp(tcp) => {
            assert_eq!(tcp.checksum, tcp.calc_checksum_ipv4(&ip, payload).unwrap());
        }
        TransportHeader::Icmpv4(icmp) => {
            assert_eq!(icmp.checksum, icmp.icmp_type.calc_checksum(payload));
        }
        _ => panic!("neither TCP nor ICMP"),
    }
    (ip.source.into(), transport)
}

fn reply(action: Action) -> (Ipv4Addr, TransportHeader) {
    let Action::Reply(frame) = action else {
        panic!("{action:?}");
    };
    read(&frame)
}

fn icmp(action: Action) -> (Ipv4Addr, u8, u8) {
    let (source, transport) = reply(action);
    let TransportHeader::Icmpv4(header) = transport else {
        panic!("{transport:?}");
    };
    let bytes = header.to_bytes();
    (source, bytes[0], bytes[1])
}

fn failed(outcome: ConnectOutcome) -> Vec<EventKind> {
    vec![EventKind::ConnectFailed { port: 443, outcome }]
}

fn is_reset(action: Action) -> bool {
    let (source, transport) = reply(action);
    matches!(transport, TransportHeader::Tcp(tcp)
        if source == Ipv4Addr::from(HOST) && tcp.rst && tcp.acknowledgment_number == ISN + 1
            && tcp.source_port == 443)
}

#[test]
fn without_faults_packets_pass_both_ways_and_nothing_is_recorded() {
    let mut wire = Fixture::new(vec![]);
    assert_eq!(wire.up(&syn(4000)), Action::Forward);
    assert_eq!(wire.down(&answer(4000, 0, b"hello")), Action::Forward);
    assert_eq!(wire.up(&udp(HOST, 53, b"question")), Action::Forward);
    assert_eq!(wire.up(&ping(HOST, 64)), Action::Forward);
    assert_eq!(wire.events(), []);
}

#[test]
fn an_address_without_owner_is_unreachable_each_time_and_recorded_once() {
    let mut wire = Fixture::new(vec![]);
    let stray = tcp((CLIENT, 4000, STRANGE, 443), TcpBuilder::syn, ISN, &[]);
    for _ in 0..2 {
        assert_eq!(icmp(wire.up(&stray)), (GATEWAY.into(), 3, 1));
    }
    wire.up(&udp(STRANGE, 53, b"question"));
    let egress = |port, protocol: &str| EventKind::Egress {
        destination: SocketAddr::from((STRANGE, port)),
        protocol: protocol.to_owned(),
    };
    assert_eq!(wire.events(), [egress(443, "tcp"), egress(53, "udp")]);
}

#[test]
fn what_nowhere_owns_is_unreachable_without_egress() {
    let mut wire = Fixture::new(vec![]);
    let lost = tcp((CLIENT, 4000, NOWHERE, 443), TcpBuilder::syn, ISN, &[]);
    assert_eq!(icmp(wire.up(&lost)), (GATEWAY.into(), 3, 1));
    assert_eq!(wire.events(), failed(ConnectOutcome::Unreachable));
}

#[test]
fn the_gateway_answers_pings_itself() {
    let mut wire = Fixture::new(vec![]);
    let (source, transport) = reply(wire.up(&ping(GATEWAY, 64)));
    assert_eq!(source, Ipv4Addr::from(GATEWAY));
    let TransportHeader::Icmpv4(header) = transport else {
        panic!("{transport:?}");
    };
    let echo = IcmpEchoHeader { id: 7, seq: 1 };
    assert_eq!(header.icmp_type, Icmpv4Type::EchoReply(echo));
}

#[test]
fn a_packet_at_the_end_of_its_life_is_answered_by_the_gateway() {
    let mut wire = Fixture::with(NetFault::Drop);
    assert_eq!(icmp(wire.up(&ping(HOST, 1))), (GATEWAY.into(), 11, 0));
    assert_eq!(wire.events(), [], "it never came to the host's fault");
}

#[test]
fn a_hop_takes_one_from_the_life_and_keeps_the_checksum_right() {
    for ttl in [2, 64, 128, 255] {
        let mut frame = ping(HOST, ttl);
        hop(&mut frame);
        let headers = PacketHeaders::from_ethernet_slice(&frame[VNET_HEADER..]).unwrap();
        let Some(NetHeaders::Ipv4(ip, _)) = headers.net else {
            panic!("not IPv4");
        };
        assert_eq!(ip.time_to_live, ttl - 1);
        assert_eq!(ip.header_checksum, ip.calc_header_checksum());
    }
}

#[test]
fn ipv6_vanishes_quietly_and_arp_is_answered() {
    let mut wire = Fixture::new(vec![]);
    let mut ipv6 = vec![0; VNET_HEADER];
    PacketBuilder::ethernet2(CLIENT_MAC, GATEWAY_MAC)
        .ipv6([1; 16], [2; 16], 64)
        .udp(1, 2)
        .write(&mut ipv6, b"x")
        .unwrap();
    assert_eq!(wire.up(&ipv6), Action::Drop);
    let question = [0, 1, 8, 0, 6, 4, 0, 1];
    let mut arp = vec![0; VNET_HEADER];
    arp.extend([[0xff; 6], CLIENT_MAC].concat());
    arp.extend([0x08, 0x06]);
    arp.extend(question);
    arp.extend(CLIENT_MAC);
    arp.extend(CLIENT);
    arp.extend([0; 6]);
    arp.extend(GATEWAY);
    let Action::Reply(answer) = wire.up(&arp) else {
        panic!("no answer");
    };
    let answer = &answer[VNET_HEADER + 14..];
    assert_eq!(answer[..8], [0, 1, 8, 0, 6, 4, 0, 2]);
    assert_eq!(answer[8..14], GATEWAY_MAC);
    assert_eq!(answer[14..18], GATEWAY);
    assert_eq!(wire.events(), []);
}

#[test]
fn a_dropped_syn_is_recorded_once_though_it_comes_again() {
    let mut wire = Fixture::with(NetFault::Drop);
    for _ in 0..3 {
        assert_eq!(wire.up(&syn(4000)), Action::Drop);
    }
    let events = wire.events();
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(matches!(&events[0], EventKind::Fired { key, .. } if key == "port 443"));
    assert_eq!(events[1..], failed(ConnectOutcome::Dropped));
}

#[test]
fn a_refused_syn_is_answered_with_a_reset() {
    let down = Fault::Tcp(TcpFault {
        stream: Direction::Downstream,
        toxic: Toxic::Down {},
    });
    for fault in [Fault::Net(NetFault::Rst), down] {
        let mut wire = Fixture::new(vec![placed(fault)]);
        assert!(is_reset(wire.up(&syn(4000))));
        assert!(is_reset(wire.up(&syn(4000))));
        assert_eq!(wire.told(), failed(ConnectOutcome::Refused));
    }
}

#[test]
fn a_reset_of_the_host_itself_counts_as_refused_once() {
    let mut wire = Fixture::new(vec![]);
    for _ in 0..2 {
        wire.up(&syn(4000));
        let reset = from_host(4000, |tcp| tcp.rst().ack(ISN + 1), 0, &[]);
        assert_eq!(wire.down(&reset), Action::Forward);
    }
    assert_eq!(wire.told(), failed(ConnectOutcome::Refused));
    // The reset of an established connection is no refusal.
    wire.open(4001);
    wire.down(&from_host(
        4001,
        TcpBuilder::rst,
        HOST_ISN.wrapping_add(1),
        &[],
    ));
    assert_eq!(wire.told(), []);
}

#[test]
fn a_refused_datagram_is_recorded_unless_traceroute_sent_it() {
    let refused = |port| {
        let asked = udp(HOST, port, b"a question, or what looks like one");
        let mut out = vec![0; VNET_HEADER];
        PacketBuilder::ethernet2(GATEWAY_MAC, CLIENT_MAC)
            .ipv4(HOST, CLIENT, 64)
            .icmpv4(Icmpv4Type::DestinationUnreachable(
                DestUnreachableHeader::Port,
            ))
            .write(&mut out, &asked[VNET_HEADER + 14..])
            .unwrap();
        out
    };
    let mut fixture = Fixture::new(vec![]);
    assert_eq!(fixture.down(&refused(53)), Action::Forward);
    assert_eq!(fixture.told(), [EventKind::DatagramRefused { port: 53 }]);
    assert_eq!(fixture.down(&refused(33434)), Action::Forward);
    assert_eq!(fixture.told(), []);
    // What it quotes is cut off.
    let whole = refused(53);
    assert_eq!(
        fixture.down(&whole[..VNET_HEADER + 14 + 20 + 8 + 20]),
        Action::Forward
    );
    assert_eq!(fixture.told(), []);
}

#[test]
fn unreachability_comes_with_its_code() {
    for (fault, code) in [
        (NetFault::NetUnreachable, 0),
        (NetFault::HostUnreachable, 1),
        (NetFault::AdminProhibited, 13),
    ] {
        let mut wire = Fixture::with(fault);
        assert_eq!(icmp(wire.up(&syn(4000))), (GATEWAY.into(), 3, code));
        assert_eq!(wire.told(), failed(ConnectOutcome::Unreachable));
        assert_eq!(
            icmp(wire.up(&udp(HOST, 53, b"x"))),
            (GATEWAY.into(), 3, code)
        );
        assert_eq!(wire.told(), []);
    }
}

#[test]
fn a_firewall_for_pings_lets_connections_through() {
    let mut wire = Fixture::with(NetFault::DropIcmp);
    assert_eq!(wire.up(&syn(4000)), Action::Forward);
    assert_eq!(wire.events(), []);
    assert_eq!(wire.up(&ping(HOST, 64)), Action::Drop);
    assert!(matches!(&wire.events()[..], [EventKind::Fired { .. }]));
}

#[test]
fn the_trigger_counts_flows_and_the_selector_ports() {
    let mut fault = placed(Fault::Net(NetFault::Rst));
    fault.trigger = Trigger::Nth(2);
    fault.select.port = Some(443);
    let mut wire = Fixture::new(vec![fault]);
    let other = tcp((CLIENT, 3999, HOST, 80), TcpBuilder::syn, ISN, &[]);
    assert_eq!(wire.up(&other), Action::Forward);
    assert_eq!(wire.up(&syn(4000)), Action::Forward);
    assert_eq!(wire.up(&syn(4000)), Action::Forward, "the same SYN again");
    assert!(is_reset(wire.up(&syn(4001))));
    assert_eq!(wire.up(&syn(4002)), Action::Forward);
    // The same port with another sequence number is another connection.
    let again = tcp((CLIENT, 4001, HOST, 443), TcpBuilder::syn, 9, &[]);
    assert_eq!(wire.up(&again), Action::Forward);
}

#[test]
fn delays_add_up_and_an_answer_takes_the_way_twice() {
    let delay = |ms| placed(Fault::Net(NetFault::Delay(Duration::from_millis(ms))));
    let mut wire = Fixture::new(vec![delay(30), delay(20)]);
    let verdict = wire.decide(&syn(4000), Direction::Upstream);
    assert_eq!(verdict.action, Action::Forward);
    assert_eq!(verdict.hold, Duration::from_millis(50));
    let back = wire.decide(&answer(4000, 0, b"x"), Direction::Downstream);
    assert_eq!(back.hold, Duration::from_millis(50));

    let mut wire = Fixture::new(vec![delay(30), placed(Fault::Net(NetFault::Rst))]);
    let verdict = wire.decide(&syn(4000), Direction::Upstream);
    assert_eq!(verdict.hold, Duration::from_millis(60));
}

#[test]
fn a_black_hole_swallows_large_packets_to_the_client_alone() {
    let mut wire = Fixture::with(NetFault::MtuBlackhole(1000));
    wire.open(4000);
    assert_eq!(wire.down(&answer(4000, 0, &[0; 960])), Action::Forward);
    assert_eq!(wire.told(), []);
    assert_eq!(wire.down(&answer(4000, 960, &[0; 961])), Action::Drop);
    let large = tcp(
        (CLIENT, 4000, HOST, 443),
        |tcp| tcp.ack(1),
        ISN + 1,
        &[0; 1400],
    );
    assert_eq!(wire.up(&large), Action::Forward);
    let stalled = EventKind::Broken {
        port: 443,
        how: "stalled".to_owned(),
    };
    assert_eq!(wire.told(), [stalled]);
}

#[test]
fn a_large_frame_counts_as_the_segments_that_the_kernel_will_make_of_it() {
    let mut wire = Fixture::with(NetFault::MtuBlackhole(1000));
    wire.open(4000);
    let mut frame = answer(4000, 0, &[0; 8000]);
    frame[1] = 1; // VIRTIO_NET_HDR_GSO_TCPV4
    frame[4..6].copy_from_slice(&960u16.to_ne_bytes());
    assert_eq!(wire.down(&frame), Action::Forward);
    frame[4..6].copy_from_slice(&961u16.to_ne_bytes());
    assert_eq!(wire.down(&frame), Action::Drop);
}

#[test]
fn a_cut_lets_exactly_its_bytes_through_and_then_nothing() {
    let mut wire = Fixture::with(NetFault::CutAfter(ByteCount(5000)));
    wire.open(4000);
    assert_eq!(wire.down(&answer(4000, 0, &[1; 1000])), Action::Forward);
    // Sent again it does not count twice.
    assert_eq!(wire.down(&answer(4000, 0, &[1; 1000])), Action::Forward);
    assert_eq!(wire.told(), []);
    let Action::Replace(frames) = wire.down(&answer(4000, 1000, &[2; 9000])) else {
        panic!("not shortened");
    };
    let mut sequence = HOST_ISN.wrapping_add(1001);
    let mut length = 0;
    for frame in &frames {
        let (_, TransportHeader::Tcp(tcp)) = read(frame) else {
            panic!("not TCP");
        };
        assert_eq!(tcp.sequence_number, sequence);
        let payload = frame.len() - VNET_HEADER - 14 - 20 - tcp.header_len();
        assert!(payload <= 1460);
        sequence = sequence.wrapping_add(u32::try_from(payload).unwrap());
        length += payload;
    }
    assert_eq!(length, 4000);
    assert_eq!(wire.down(&answer(4000, 5000, &[3; 10])), Action::Drop);
    let ack = tcp((CLIENT, 4000, HOST, 443), |tcp| tcp.ack(1), ISN + 1, &[]);
    assert_eq!(wire.up(&ack), Action::Drop);
    let cut = EventKind::Broken {
        port: 443,
        how: "cut after 5000 bytes".to_owned(),
    };
    assert_eq!(wire.told(), [cut]);
}

fn losses(seed: u64, isn: u32, order: &[u32]) -> Vec<(u32, bool)> {
    let mut fault = placed(Fault::Net(NetFault::Loss(Probability::new(0.5).unwrap())));
    fault.id = FaultId(format!("fault[{seed}]"));
    let mut wire = Fixture::new(vec![fault]);
    wire.up(&tcp((CLIENT, 4000, HOST, 443), TcpBuilder::syn, isn, &[]));
    let mut lost: Vec<_> = order
        .iter()
        .map(|offset| {
            let sequence = isn.wrapping_add(1).wrapping_add(*offset);
            let data = tcp(
                (CLIENT, 4000, HOST, 443),
                |tcp| tcp.ack(1),
                sequence,
                b"data",
            );
            (*offset, wire.up(&data) == Action::Lose)
        })
        .collect();
    lost.sort_by_key(|(offset, _)| *offset);
    lost
}

#[test]
fn what_is_lost_depends_on_the_place_in_the_stream_alone() {
    let forth: Vec<u32> = (0..100).map(|n| n * 4).collect();
    let back: Vec<u32> = forth.iter().rev().copied().collect();
    let one = losses(0, 17, &forth);
    assert_eq!(one, losses(0, 4_000_000_000, &back));
    assert_ne!(one, losses(1, 17, &forth));
    let lost = one.iter().filter(|(_, lost)| *lost).count();
    assert!((30..70).contains(&lost), "{lost}");
}

#[test]
fn a_lost_packet_gets_through_when_it_is_sent_again_often_enough() {
    let again: Vec<u32> = vec![40; 30];
    let outcomes = losses(0, 17, &again);
    assert!(outcomes.iter().any(|(_, lost)| *lost));
    assert!(outcomes.iter().any(|(_, lost)| !lost));
}

#[test]
fn several_faults_compose() {
    let mut wire = Fixture::new(vec![
        placed(Fault::Net(NetFault::Delay(Duration::from_millis(5)))),
        placed(Fault::Net(NetFault::CutAfter(ByteCount(3)))),
    ]);
    wire.open(4000);
    let verdict = wire.decide(&answer(4000, 0, b"abcdef"), Direction::Downstream);
    assert_eq!(verdict.hold, Duration::from_millis(5));
    assert!(matches!(verdict.action, Action::Replace(frames) if frames.len() == 1));
}

proptest::proptest! {
    #[test]
    fn no_frame_makes_it_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 24..200),
        from_frame in proptest::prelude::any::<bool>(),
        upstream in proptest::prelude::any::<bool>(),
    ) {
        let direction = if upstream { Direction::Upstream } else { Direction::Downstream };
        let mut frame = if upstream { syn(4000) } else { answer(4000, 0, b"hello") };
        if from_frame {
            // A true frame with bytes changed behind the addresses.
            for (at, byte) in bytes.chunks_exact(2).map(|pair| (usize::from(pair[0]) % 40, pair[1])) {
                let at = VNET_HEADER + 14 + at;
                if let Some(old) = frame.get_mut(at) && !(VNET_HEADER + 26..VNET_HEADER + 34).contains(&at) {
                    *old = byte;
                }
            }
        } else {
            frame = bytes;
        }
        let faults = [
            NetFault::CutAfter(ByteCount(3)),
            NetFault::Loss(Probability::new(0.1).unwrap()),
            NetFault::HostUnreachable,
        ];
        let mut wire = Fixture::new(faults.map(|fault| placed(Fault::Net(fault))).into());
        wire.decide(&frame, direction);
        hop(&mut frame);
    }
}

#[test]
fn of_a_host_that_tells_nothing_itself_the_wire_tells_each_connection_once() {
    let established = |wire: &mut Fixture, port| {
        wire.open(port);
        let ends = (CLIENT, port, HOST, 443);
        let acknowledgement = tcp(ends, |tcp| tcp.ack(HOST_ISN.wrapping_add(1)), ISN + 1, &[]);
        wire.up(&acknowledgement);
        wire.up(&acknowledgement);
    };
    let mut wire = Fixture::new(Vec::new());
    established(&mut wire, 5000);
    assert_eq!(wire.told(), [], "a fake tells of its own");

    let mut wire = Fixture::telling_of(&[HOST]);
    established(&mut wire, 5000);
    assert_eq!(wire.told(), [EventKind::Accepted { port: 443 }]);
    established(&mut wire, 5001);
    assert_eq!(wire.told(), [EventKind::Accepted { port: 443 }]);
    // Begun, and answered, and never acknowledged.
    wire.open(5002);
    assert_eq!(wire.told(), []);
}
