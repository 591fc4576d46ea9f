//! The books, kept by hand.

use std::net::Ipv4Addr;

use modfault_kit::HostName;

use super::*;
use crate::flow::FlowKey;
use crate::unsettled::{SilentFlow, Unsettled};

const ISN: u32 = 1000;
/// The host's stream crosses the end of the sequence space.
const HOST_ISN: u32 = u32::MAX - 3;

struct Books {
    settlement: Settlement,
    unsettled: Unsettled,
    now: Duration,
    /// Nothing passes any more.
    cut: bool,
}

impl Books {
    fn new() -> Self {
        let unsettled = Unsettled::default();
        let key = FlowKey {
            host: Ipv4Addr::new(203, 0, 113, 10),
            protocol: 6,
            host_port: 443,
            client_port: 40312,
        };
        let host = HostName::parse("proxy.example").unwrap();
        let settlement = Settlement::new(unsettled.open(key, &host));
        Self {
            settlement,
            unsettled,
            now: Duration::from_secs(1),
            cut: false,
        }
    }

    /// After the handshake.
    fn open() -> Self {
        let mut books = Self::new();
        books.up(SYN, ISN, 0, 0, Fate::Passes);
        books.down(SYN | ACK, HOST_ISN, ISN + 1, 0, Fate::Passes);
        books.up(ACK, ISN + 1, HOST_ISN.wrapping_add(1), 0, Fate::Passes);
        books.settled();
        books
    }

    fn up(&mut self, flags: u8, sequence: u32, number: u32, payload: usize, fate: Fate) {
        let segment = segment(flags, sequence, number, payload);
        self.settlement.arrives(
            Direction::Upstream,
            &segment,
            fate,
            self.cut || fate == Fate::IsShortened,
            self.now,
        );
    }

    fn down(&mut self, flags: u8, sequence: u32, number: u32, payload: usize, fate: Fate) {
        let segment = segment(flags, sequence, number, payload);
        self.settlement.arrives(
            Direction::Downstream,
            &segment,
            fate,
            self.cut || fate == Fate::IsShortened,
            self.now,
        );
    }

    /// `payload` bytes at `offset` of the host's stream.
    fn answer(&mut self, offset: u32, payload: usize, fate: Fate) {
        let sequence = HOST_ISN.wrapping_add(1).wrapping_add(offset);
        self.down(ACK, sequence, ISN + 1, payload, fate);
    }

    /// The client says that it has had `offset` bytes of the host's stream.
    fn thanks(&mut self, offset: u32, fate: Fate) {
        let number = HOST_ISN.wrapping_add(1).wrapping_add(offset);
        self.up(ACK, ISN + 1, number, 0, fate);
    }

    #[track_caller]
    fn settled(&self) {
        assert_eq!(self.unsettled.describe(), [""; 0]);
        assert_eq!(self.unsettled.count(), 0);
    }

    #[track_caller]
    fn waits_for(&self, reason: &str) {
        let line = format!("proxy.example:443 from port 40312: {reason}");
        assert_eq!(self.unsettled.describe(), [line]);
        assert_eq!(self.unsettled.count(), 1);
    }

    fn silent_since(&self) -> Option<(Duration, bool)> {
        let flows = self.unsettled.silent();
        flows.first().map(|flow| (flow.since, flow.established))
    }
}

fn segment(flags: u8, sequence: u32, acknowledgement: u32, payload: usize) -> Segment {
    Segment {
        source_port: 1,
        destination_port: 2,
        sequence,
        acknowledgement,
        flags,
        window: 100,
        payload_at: 54,
        payload,
    }
}

#[test]
fn what_is_delivered_is_owed_until_it_is_acknowledged() {
    let mut books = Books::new();
    books.up(SYN, ISN, 0, 0, Fate::Passes);
    books.waits_for("the SYN is not answered");
    books.down(SYN | ACK, HOST_ISN, ISN + 1, 0, Fate::Passes);
    books.waits_for("1 byte to the client not acknowledged");
    books.thanks(0, Fate::Passes);
    books.settled();
    books.answer(0, 1448, Fate::Passes);
    books.waits_for("1448 bytes to the client not acknowledged");
    books.thanks(448, Fate::Passes);
    books.waits_for("1000 bytes to the client not acknowledged");
    // An older acknowledgement takes nothing back.
    books.thanks(0, Fate::Passes);
    books.waits_for("1000 bytes to the client not acknowledged");
    books.thanks(1448, Fate::Passes);
    books.settled();
    // Sent again though it is known.
    books.answer(0, 1448, Fate::Passes);
    books.settled();
    books.up(
        ACK | FIN,
        ISN + 1,
        HOST_ISN.wrapping_add(1449),
        7,
        Fate::Passes,
    );
    books.waits_for("8 bytes to the host not acknowledged");
    books.down(ACK, HOST_ISN.wrapping_add(1449), ISN + 9, 0, Fate::Passes);
    books.settled();
}

#[test]
fn what_is_held_is_not_delivered_until_it_leaves() {
    let mut books = Books::open();
    books.answer(0, 10, Fate::IsHeld);
    books.settled();
    let data = segment(ACK, HOST_ISN.wrapping_add(1), ISN + 1, 10);
    books.settlement.leaves(Direction::Downstream, &data);
    books.waits_for("10 bytes to the client not acknowledged");
    // An acknowledgement counts when it comes to the wire.
    books.thanks(10, Fate::IsHeld);
    books.settled();
}

#[test]
fn what_was_lost_by_chance_is_waited_for_until_all_of_it_got_through() {
    let again = "what was lost by chance is to come again from the host";
    let mut books = Books::open();
    books.answer(0, 100, Fate::IsLost);
    books.waits_for(again);
    books.answer(20, 50, Fate::Passes);
    books.thanks(0, Fate::Passes);
    books.waits_for(&format!("70 bytes to the client not acknowledged, {again}"));
    books.answer(0, 20, Fate::Passes);
    books.thanks(70, Fate::Passes);
    books.waits_for(again);
    // Held it is the clock's business.
    books.answer(60, 60, Fate::IsHeld);
    books.settled();
}

#[test]
fn a_lost_syn_is_waited_for() {
    let mut books = Books::new();
    books.up(SYN, ISN, 0, 0, Fate::IsLost);
    books.waits_for("what was lost by chance is to come again from the client");
    books.up(SYN, ISN, 0, 0, Fate::Passes);
    books.waits_for("the SYN is not answered");
}

#[test]
fn what_the_receiver_has_had_need_not_come_again() {
    let mut books = Books::open();
    books.answer(0, 100, Fate::Passes);
    books.answer(0, 100, Fate::IsLost);
    books.thanks(100, Fate::Passes);
    books.settled();
    books.answer(0, 100, Fate::IsLost);
    books.settled();
}

#[test]
fn a_lost_acknowledgement_makes_the_sender_send_again() {
    let again = "what was lost by chance is to come again from the host";
    let mut books = Books::open();
    books.answer(0, 100, Fate::Passes);
    books.thanks(100, Fate::IsLost);
    books.waits_for(again);
    books.answer(0, 100, Fate::Passes);
    books.waits_for(again);
    books.thanks(100, Fate::Passes);
    books.settled();
    // Nobody waits for what was said before.
    books.thanks(100, Fate::IsLost);
    books.settled();
}

#[test]
fn a_lost_word_that_there_is_room_again_makes_the_sender_ask() {
    let mut books = Books::open();
    let mut full = segment(ACK, ISN + 1, HOST_ISN.wrapping_add(1), 0);
    full.window = 0;
    let now = books.now;
    books
        .settlement
        .arrives(Direction::Upstream, &full, Fate::Passes, false, now);
    books.thanks(0, Fate::IsLost);
    books.waits_for("what was lost by chance is to come again from the host");
    books.thanks(0, Fate::Passes);
    books.settled();
}

#[test]
fn a_receiver_without_room_owes_nothing_until_it_has_some() {
    let mut books = Books::open();
    books.answer(0, 100, Fate::Passes);
    let mut full = segment(ACK, ISN + 1, HOST_ISN.wrapping_add(61), 0);
    full.window = 0;
    let now = books.now;
    books
        .settlement
        .arrives(Direction::Upstream, &full, Fate::Passes, false, now);
    books.settled();
    books.thanks(60, Fate::Passes);
    books.waits_for("40 bytes to the client not acknowledged");
}

#[test]
fn what_is_swallowed_for_ever_holds_nothing_up() {
    let mut books = Books::new();
    books.up(SYN, ISN, 0, 0, Fate::IsSwallowed);
    books.settled();
    assert_eq!(books.silent_since(), Some((Duration::from_secs(1), false)));
    books.now = Duration::from_secs(2);
    books.up(SYN, ISN, 0, 0, Fate::IsSwallowed);
    assert_eq!(books.silent_since(), Some((Duration::from_secs(1), false)));
    let silent = SilentFlow {
        client_port: 40312,
        host: Ipv4Addr::new(203, 0, 113, 10),
        host_port: 443,
        since: Duration::from_secs(1),
        established: false,
    };
    assert_eq!(books.unsettled.silent(), [silent]);
}

#[test]
fn behind_a_gap_any_packet_of_the_receiver_settles_until_the_gap_is_filled() {
    let mut books = Books::open();
    books.answer(0, 1000, Fate::IsSwallowed);
    // The host is heard all the same: it answers the client's probes.
    assert_eq!(books.silent_since(), None);
    books.answer(1000, 10, Fate::Passes);
    assert_eq!(books.unsettled.count(), 1);
    books.thanks(0, Fate::Passes);
    books.settled();
    // Sent again in small pieces it comes through.
    books.answer(0, 500, Fate::Passes);
    books.answer(500, 500, Fate::Passes);
    books.thanks(1010, Fate::Passes);
    assert_eq!(books.silent_since(), None);
    books.answer(1010, 20, Fate::Passes);
    books.thanks(1010, Fate::Passes);
    books.waits_for("20 bytes to the client not acknowledged");
}

#[test]
fn a_connection_that_is_cut_is_silent_for_good() {
    let mut books = Books::open();
    books.answer(0, 1000, Fate::IsShortened);
    let begin = segment(ACK, HOST_ISN.wrapping_add(1), ISN + 1, 400);
    books.settlement.leaves(Direction::Downstream, &begin);
    books.waits_for("400 bytes to the client not acknowledged");
    books.now = Duration::from_secs(9);
    books.thanks(400, Fate::IsSwallowed);
    books.settled();
    assert_eq!(books.silent_since(), Some((Duration::from_secs(1), true)));
}

#[test]
fn what_was_lost_by_chance_may_be_swallowed_for_good_afterwards() {
    let mut books = Books::open();
    books.answer(0, 100, Fate::Passes);
    books.thanks(100, Fate::IsLost);
    books.answer(100, 100, Fate::IsLost);
    books.answer(0, 200, Fate::IsSwallowed);
    books.settled();
}

#[test]
fn a_reset_settles_what_is_open_in_both_directions() {
    let mut books = Books::open();
    books.answer(0, 10, Fate::Passes);
    books.answer(10, 10, Fate::IsLost);
    books.up(ACK, ISN + 1, HOST_ISN, 5, Fate::Passes);
    books.up(RST, ISN + 6, 0, 0, Fate::Passes);
    books.settled();
    // A closed port answers a SYN so.
    let mut books = Books::new();
    books.up(SYN, ISN, 0, 0, Fate::Passes);
    books.down(RST | ACK, 0, ISN + 1, 0, Fate::Passes);
    books.settled();
}

#[test]
fn a_lost_reset_settles_its_sender_alone() {
    let mut books = Books::new();
    books.up(SYN, ISN, 0, 0, Fate::Passes);
    books.down(RST | ACK, 0, ISN + 1, 0, Fate::IsLost);
    books.waits_for("the SYN is not answered");
}

#[test]
fn a_client_that_has_reset_is_silent_no_more() {
    let mut books = Books::open();
    books.cut = true;
    books.answer(0, 10, Fate::IsSwallowed);
    books.up(RST, ISN + 1, 0, 0, Fate::IsSwallowed);
    assert_eq!(books.silent_since(), None);
    books.answer(0, 10, Fate::IsSwallowed);
    assert_eq!(books.silent_since(), None);
    // Of a reset that does not reach it the client knows nothing.
    let mut books = Books::open();
    books.cut = true;
    books.answer(0, 10, Fate::IsSwallowed);
    books.down(RST, HOST_ISN, 0, 0, Fate::IsSwallowed);
    assert!(books.silent_since().is_some());
}

#[test]
fn an_answer_of_the_wire_itself_settles() {
    let mut books = Books::open();
    books.answer(0, 10, Fate::Passes);
    books.up(ACK, ISN + 1, HOST_ISN, 5, Fate::IsAnswered);
    books.settled();
}

#[test]
fn a_forgotten_connection_counts_no_more_and_leaves_a_new_one_alone() {
    let mut books = Books::new();
    books.up(SYN, ISN, 0, 0, Fate::IsSwallowed);
    books.up(SYN, ISN, 0, 0, Fate::Passes);
    let unsettled = books.unsettled.clone();
    let key = FlowKey {
        host: Ipv4Addr::new(203, 0, 113, 10),
        protocol: 6,
        host_port: 443,
        client_port: 40312,
    };
    let host = HostName::parse("proxy.example").unwrap();
    let mut successor = Settlement::new(unsettled.open(key, &host));
    successor.arrives(
        Direction::Upstream,
        &segment(SYN, 9, 0, 0),
        Fate::Passes,
        false,
        Duration::ZERO,
    );
    assert_eq!(unsettled.count(), 2);
    drop(books);
    assert_eq!((unsettled.count(), unsettled.describe().len()), (1, 1));
    drop(successor);
    assert_eq!((unsettled.count(), unsettled.describe().len()), (0, 0));
    assert_eq!(unsettled.silent(), []);
}
