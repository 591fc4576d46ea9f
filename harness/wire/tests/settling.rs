//! What the kernels of a connection have still to do, as the router sees it frame by frame.

use std::net::Ipv4Addr;
use std::time::Duration;

use etherparse::PacketBuilder;
use modfault_kit::fault::{Direction, NetFault};
use modfault_kit::{
    Armed, ByteCount, Clock, Context, Fault, FaultId, HostName, PlacedFault, Probability, Recorder,
    Seed, Selector, Trigger,
};
use modfault_wire::frame::{ACK, FIN, Frame, RST, SYN, VNET_HEADER};
use modfault_wire::{Action, AddressMap, Router, Unsettled};
use proptest::prelude::*;

const CLIENT: [u8; 4] = [198, 51, 100, 2];
const GATEWAY: [u8; 4] = [198, 51, 100, 1];
const HOST: [u8; 4] = [203, 0, 113, 10];
const NOWHERE: [u8; 4] = [203, 0, 113, 99];
const PORT: u16 = 40312;
const NOW: Duration = Duration::from_secs(3);

/// A router, and the two ends of one connection.
struct Wire {
    router: Router,
    unsettled: Unsettled,
    host: [u8; 4],
    /// The next sequence number of the client and of the host.
    next: [u32; 2],
}

impl Wire {
    fn new(faults: Vec<NetFault>, next: [u32; 2]) -> Self {
        Self::with_overloaded(faults, next, &[])
    }

    /// The same, where nobody accepts at these ports of the host.
    fn with_overloaded(faults: Vec<NetFault>, next: [u32; 2], ports: &[u16]) -> Self {
        let clock = Clock::real();
        let (recorder, _timeline) = Recorder::new(clock.clone());
        let name = |text| HostName::parse(text).unwrap();
        let placed = faults
            .into_iter()
            .enumerate()
            .map(|(n, fault)| PlacedFault {
                id: FaultId(format!("fault[{n}]")),
                on: name("proxy.example"),
                select: Selector::default(),
                trigger: Trigger::Always,
                what: Fault::Net(fault),
            });
        let armed = Armed::new(placed.collect(), Seed(1), clock.clone(), recorder.clone());
        let map = AddressMap {
            overloaded: ports.iter().map(|port| (HOST.into(), *port)).collect(),
            untold: Default::default(),
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
        let router = Router::new(map, context);
        Self {
            unsettled: router.unsettled(),
            router,
            host: HOST,
            next,
        }
    }

    fn frame(
        &self,
        direction: Direction,
        flags: u8,
        sequence: u32,
        number: u32,
        payload: usize,
    ) -> Vec<u8> {
        let (source, destination, ports) = match direction {
            Direction::Upstream => (CLIENT, self.host, (PORT, 443)),
            Direction::Downstream => (self.host, CLIENT, (443, PORT)),
        };
        let mut tcp = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
            .ipv4(source, destination, 64)
            .tcp(ports.0, ports.1, sequence, 1000);
        if flags & SYN != 0 {
            tcp = tcp.syn();
        }
        if flags & FIN != 0 {
            tcp = tcp.fin();
        }
        if flags & RST != 0 {
            tcp = tcp.rst();
        }
        if flags & ACK != 0 {
            tcp = tcp.ack(number);
        }
        let mut out = vec![0; VNET_HEADER];
        tcp.write(&mut out, &vec![0; payload]).unwrap();
        out
    }

    /// Sends what comes next of one end's stream.
    fn send(&mut self, direction: Direction, flags: u8, payload: usize) -> Action {
        let (own, other) = ends(direction);
        let frame = self.frame(direction, flags, self.next[own], self.next[other], payload);
        let length = u32::try_from(payload).unwrap() + u32::from(flags & (SYN | FIN) != 0);
        self.next[own] = self.next[own].wrapping_add(length);
        self.carry(&frame, direction)
    }

    fn carry(&mut self, frame: &[u8], direction: Direction) -> Action {
        let frame = Frame::new(frame).unwrap();
        self.router.decide(&frame, direction, NOW).action
    }

    fn open(&mut self) {
        self.send(Direction::Upstream, SYN, 0);
        self.send(Direction::Downstream, SYN | ACK, 0);
        self.send(Direction::Upstream, ACK, 0);
    }
}

fn ends(direction: Direction) -> (usize, usize) {
    match direction {
        Direction::Upstream => (0, 1),
        Direction::Downstream => (1, 0),
    }
}

#[test]
fn a_handshake_is_settled_when_each_has_answered() {
    let mut wire = Wire::new(vec![], [7, 9]);
    for (direction, flags, count) in [
        (Direction::Upstream, SYN, 1),
        (Direction::Downstream, SYN | ACK, 1),
        (Direction::Upstream, ACK, 0),
        (Direction::Upstream, ACK | FIN, 1),
        (Direction::Downstream, ACK | FIN, 1),
        (Direction::Upstream, ACK, 0),
    ] {
        wire.send(direction, flags, 0);
        assert_eq!(wire.unsettled.count(), count, "{direction:?} {flags:#x}");
    }
}

#[test]
fn what_the_wire_refuses_or_cannot_deliver_is_settled() {
    for fault in [NetFault::Rst, NetFault::HostUnreachable, NetFault::Drop] {
        let mut wire = Wire::new(vec![fault.clone()], [7, 9]);
        wire.send(Direction::Upstream, SYN, 0);
        assert_eq!(wire.unsettled.count(), 0, "{fault:?}");
        let silent = wire.unsettled.silent();
        assert_eq!(
            silent.len(),
            usize::from(fault == NetFault::Drop),
            "{fault:?}"
        );
    }
    let mut wire = Wire::new(vec![], [7, 9]);
    wire.host = NOWHERE;
    wire.send(Direction::Upstream, SYN, 0);
    assert_eq!(wire.unsettled.describe(), [""; 0]);
}

#[test]
fn a_syn_to_a_listener_without_room_passes_and_nobody_owes_an_answer() {
    for (ports, unsettled) in [(&[443][..], 0), (&[80], 1)] {
        let mut wire = Wire::with_overloaded(Vec::new(), [7, 9], ports);
        assert_eq!(wire.send(Direction::Upstream, SYN, 0), Action::Forward);
        assert_eq!(wire.unsettled.count(), unsettled, "{ports:?}");
    }
}

#[test]
fn a_packet_that_is_always_lost_is_not_lost_by_chance() {
    for (probability, lost, count) in [(1.0, Action::Drop, 0), (0.999_999, Action::Lose, 1)] {
        let loss = NetFault::Loss(Probability::new(probability).unwrap());
        let mut wire = Wire::new(vec![loss], [7, 9]);
        assert_eq!(wire.send(Direction::Upstream, SYN, 0), lost);
        assert_eq!(wire.unsettled.count(), count);
        assert_eq!(wire.unsettled.silent().len(), 1 - count);
    }
}

#[test]
fn a_black_hole_leaves_the_connection_settled_and_heard() {
    let mut wire = Wire::new(vec![NetFault::MtuBlackhole(1000)], [7, 9]);
    wire.open();
    let before = wire.next;
    assert_eq!(wire.send(Direction::Downstream, ACK, 1400), Action::Drop);
    assert_eq!(wire.send(Direction::Downstream, ACK, 10), Action::Forward);
    assert_eq!(wire.unsettled.count(), 1);
    let again = wire.frame(Direction::Upstream, ACK, before[0], before[1], 0);
    wire.carry(&again, Direction::Upstream);
    assert_eq!(wire.unsettled.count(), 0);
    // What is small passes, and with it the answers to the client's probes.
    assert_eq!(wire.unsettled.silent(), []);
}

#[test]
fn of_a_cut_answer_the_part_that_comes_through_is_owed() {
    let mut wire = Wire::new(vec![NetFault::CutAfter(ByteCount(300))], [7, 9]);
    wire.open();
    let Action::Replace(frames) = wire.send(Direction::Downstream, ACK, 1000) else {
        panic!("not shortened");
    };
    assert_eq!(wire.unsettled.count(), 0);
    for frame in &frames {
        wire.router
            .leaves(&Frame::new(frame).unwrap(), Direction::Downstream);
    }
    let owed = "proxy.example:443 from port 40312: 300 bytes to the client not acknowledged";
    assert_eq!(wire.unsettled.describe(), [owed]);
    wire.send(Direction::Upstream, ACK, 0);
    assert_eq!(wire.unsettled.count(), 0);
    assert_eq!(wire.unsettled.silent().len(), 1);
}

#[test]
fn a_new_connection_between_the_same_ports_begins_settled() {
    let mut wire = Wire::new(vec![], [7, 9]);
    wire.send(Direction::Upstream, SYN, 0);
    wire.next = [70_000, 9];
    wire.open();
    assert_eq!(wire.unsettled.count(), 0);
    let unsettled = wire.unsettled.clone();
    wire.send(Direction::Upstream, ACK, 5);
    assert_eq!(unsettled.count(), 1);
    drop(wire);
    assert_eq!(unsettled.count(), 0, "the wire has ended");
}

/// A turn in a conversation.
#[derive(Clone, Debug)]
enum Turn {
    Say(bool, usize),
    Acknowledge(bool),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = prop_oneof![
        2 => (any::<bool>(), 1..3000usize).prop_map(|(up, bytes)| Turn::Say(up, bytes)),
        1 => any::<bool>().prop_map(Turn::Acknowledge),
    ];
    prop::collection::vec(turn, 0..60)
}

fn direction(up: bool) -> Direction {
    if up {
        Direction::Upstream
    } else {
        Direction::Downstream
    }
}

proptest! {
    #[test]
    fn a_conversation_without_losses_is_unsettled_exactly_while_something_is_not_acknowledged(
        isn in any::<[u32; 2]>(),
        turns in turns(),
    ) {
        let mut wire = Wire::new(vec![], isn);
        wire.open();
        prop_assert_eq!(wire.unsettled.count(), 0);
        // Bytes of each end that the other has not acknowledged.
        let mut open = [0, 0];
        for turn in turns {
            let (up, bytes) = match turn {
                Turn::Say(up, bytes) => (up, bytes),
                Turn::Acknowledge(up) => (up, 0),
            };
            let (own, other) = ends(direction(up));
            wire.send(direction(up), ACK, bytes);
            open[own] += bytes;
            open[other] = 0;
            prop_assert_eq!(wire.unsettled.count(), usize::from(open != [0, 0]));
        }
        wire.send(Direction::Upstream, ACK | FIN, 0);
        wire.send(Direction::Downstream, ACK | FIN, 0);
        wire.send(Direction::Upstream, ACK, 0);
        prop_assert_eq!(wire.unsettled.describe(), Vec::<String>::new());
        prop_assert_eq!(wire.unsettled.count(), 0);
    }

    #[test]
    fn a_sender_that_sends_again_until_it_is_heard_is_settled_only_then(
        isn in any::<[u32; 2]>(),
        pieces in prop::collection::vec(1..1400usize, 1..20),
    ) {
        let loss = NetFault::Loss(Probability::new(0.5).unwrap());
        let mut wire = Wire::new(vec![loss], isn);
        let [client, host] = isn;
        // Whatever is lost is sent again at once, the SYNs too.
        let syn = wire.frame(Direction::Upstream, SYN, client, 0, 0);
        while wire.carry(&syn, Direction::Upstream) == Action::Lose {
            prop_assert_eq!(wire.unsettled.count(), 1);
        }
        let client = client.wrapping_add(1);
        let syn = wire.frame(Direction::Downstream, SYN | ACK, host, client, 0);
        while wire.carry(&syn, Direction::Downstream) == Action::Lose {
            prop_assert_eq!(wire.unsettled.count(), 1);
        }
        let mut host = host.wrapping_add(1);
        let acknowledgement = |wire: &Wire, number| wire.frame(Direction::Upstream, ACK, client, number, 0);
        let thanks = acknowledgement(&wire, host);
        while wire.carry(&thanks, Direction::Upstream) == Action::Lose {
            prop_assert_eq!(wire.unsettled.count(), 1);
        }
        prop_assert_eq!(wire.unsettled.describe(), Vec::<String>::new());
        for piece in pieces {
            let data = wire.frame(Direction::Downstream, ACK, host, client, piece);
            host = host.wrapping_add(u32::try_from(piece).unwrap());
            let thanks = acknowledgement(&wire, host);
            loop {
                // The sender does not hear of an acknowledgement that was lost.
                let arrived = wire.carry(&data, Direction::Downstream) == Action::Forward;
                prop_assert_eq!(wire.unsettled.count(), 1);
                if arrived && wire.carry(&thanks, Direction::Upstream) == Action::Forward {
                    break;
                }
                prop_assert_eq!(wire.unsettled.count(), 1);
            }
            prop_assert_eq!(wire.unsettled.describe(), Vec::<String>::new());
        }
    }
}
