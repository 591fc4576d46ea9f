//! The loop, with pairs of datagram sockets in the place of packet sockets.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use etherparse::PacketBuilder;
use modfault_kit::fault::NetFault;
use modfault_kit::{
    Armed, Clock, Context, Fault, FaultId, HostName, PlacedFault, Recorder, Seed, Selector, Trigger,
};
use modfault_wire::frame::{Content, Frame, Transport, VNET_HEADER};
use modfault_wire::{AddressMap, Line, WireEnds, WireReport};
use tokio::net::UnixDatagram;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const CLIENT: [u8; 4] = [198, 51, 100, 2];
const GATEWAY: [u8; 4] = [198, 51, 100, 1];
const HOST: [u8; 4] = [203, 0, 113, 10];

struct Fixture {
    client: UnixDatagram,
    host: UnixDatagram,
    clock: Clock,
    in_flight: modfault_wire::InFlight,
    unsettled: modfault_wire::Unsettled,
    stop: CancellationToken,
    line: JoinSet<io::Result<WireReport>>,
}

impl Fixture {
    fn with(faults: Vec<NetFault>) -> Self {
        Self::with_clock(faults, Clock::real())
    }

    fn with_clock(faults: Vec<NetFault>, clock: Clock) -> Self {
        let (recorder, _timeline) = Recorder::new(clock.clone());
        let name = HostName::parse("proxy.example").unwrap();
        let faults = faults
            .into_iter()
            .map(|fault| PlacedFault {
                id: FaultId("fault[0]".to_owned()),
                on: name.clone(),
                select: Selector::default(),
                trigger: Trigger::Always,
                what: Fault::Net(fault),
            })
            .collect();
        let context = Context {
            clock: clock.clone(),
            recorder: recorder.clone(),
            armed: Armed::new(faults, Seed(1), clock.clone(), recorder),
        };
        let map = AddressMap {
            overloaded: Default::default(),
            untold: Default::default(),
            client: CLIENT.into(),
            gateway: GATEWAY.into(),
            hosts: [(Ipv4Addr::from(HOST), name)].into(),
        };
        let (client, near_client) = UnixDatagram::pair().unwrap();
        let (host, near_host) = UnixDatagram::pair().unwrap();
        let ends = WireEnds {
            client: near_client.into_std().unwrap().into(),
            internet: near_host.into_std().unwrap().into(),
        };
        let line = Line::new(ends, map, context).unwrap();
        let in_flight = line.in_flight();
        let unsettled = line.unsettled();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(line.run(stop.clone()));
        Self {
            client,
            host,
            clock,
            in_flight,
            unsettled,
            stop,
            line: tasks,
        }
    }

    async fn end(mut self) -> WireReport {
        self.stop.cancel();
        self.line.join_next().await.unwrap().unwrap().unwrap()
    }
}

fn datagram(source: [u8; 4], destination: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; VNET_HEADER];
    // What the kernel says of checksums goes through untouched.
    out[0] = 1;
    out[6] = 34;
    PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
        .ipv4(source, destination, 64)
        .udp(5353, 53)
        .write(&mut out, payload)
        .unwrap();
    out
}

async fn receive(socket: &UnixDatagram) -> Vec<u8> {
    let mut buffer = vec![0; 70_000];
    let length = socket.recv(&mut buffer).await.unwrap();
    buffer.truncate(length);
    buffer
}

#[tokio::test]
async fn frames_go_through_in_order_one_hop_older_with_their_virtio_header() {
    let wire = Fixture::with(vec![]);
    let sent: Vec<Vec<u8>> = (0..500u16)
        .map(|n| datagram(CLIENT, HOST, &n.to_be_bytes()))
        .collect();
    let send = async {
        for frame in &sent {
            wire.client.send(frame).await.unwrap();
        }
    };
    let check = async {
        for frame in &sent {
            let received = receive(&wire.host).await;
            assert_eq!(received[..VNET_HEADER], frame[..VNET_HEADER]);
            assert_eq!(received[32] + 1, frame[32], "time to live");
            assert_eq!(received[VNET_HEADER + 34..], frame[VNET_HEADER + 34..]);
        }
    };
    tokio::join!(send, check);
    let bytes: usize = sent.iter().map(|frame| frame.len() - VNET_HEADER).sum();
    let report = wire.end().await;
    assert_eq!(report.upstream.frames, 500);
    assert_eq!(report.upstream.bytes, bytes as u64);
    assert_eq!(report.downstream.frames, 0);
}

#[tokio::test]
async fn a_frame_that_nobody_takes_comes_back_as_unreachable() {
    let wire = Fixture::with(vec![]);
    let stray = datagram(CLIENT, [8, 8, 8, 8], b"x");
    wire.client.send(&stray).await.unwrap();
    let answer = receive(&wire.client).await;
    let Content::Ipv4(packet) = Frame::new(&answer).unwrap().content() else {
        panic!("not IPv4");
    };
    assert!(matches!(packet.transport, Transport::Icmp { kind: 3, .. }));
    assert_eq!(wire.end().await.answered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_frame_is_in_flight_until_its_time() {
    let wire = Fixture::with(vec![NetFault::Delay(Duration::from_secs(7))]);
    let before = wire.clock.now();
    for payload in [b"a", b"b"] {
        wire.client
            .send(&datagram(CLIENT, HOST, payload))
            .await
            .unwrap();
    }
    wire.clock.sleep(Duration::from_secs(1)).await;
    assert_eq!(wire.in_flight.count(), 2);
    for payload in [b"a", b"b"] {
        assert_eq!(receive(&wire.host).await.last(), payload.first());
    }
    let took = wire.clock.now() - before;
    assert!((7000..7010).contains(&took.as_millis()), "{took:?}");
    assert_eq!(wire.in_flight.count(), 0);
}

fn segment(source: [u8; 4], destination: [u8; 4], ports: (u16, u16)) -> Vec<u8> {
    let mut out = vec![0; VNET_HEADER];
    let tcp = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
        .ipv4(source, destination, 64)
        .tcp(ports.0, ports.1, 1000, 100);
    let tcp = if source == CLIENT {
        tcp.syn()
    } else {
        tcp.rst().ack(1001)
    };
    tcp.write(&mut out, &[]).unwrap();
    out
}

#[tokio::test]
async fn a_held_frame_is_a_deadline_and_unsettled_only_once_it_has_left() {
    let (clock, keeper) = Clock::virtual_from_zero();
    let wire = Fixture::with_clock(vec![NetFault::Delay(Duration::from_secs(7))], clock);
    let syn = segment(CLIENT, HOST, (4000, 443));
    wire.client.send(&syn).await.unwrap();
    // Only the wire has something to do: when it is idle, it waits for the clock.
    while wire.in_flight.count() == 0 || keeper.next_deadline().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(keeper.next_deadline(), Some(Duration::from_secs(7)));
    assert_eq!(wire.unsettled.count(), 0);
    keeper.advance_to(Duration::from_secs(7));
    assert_eq!(receive(&wire.host).await.len(), syn.len());
    assert_eq!((wire.in_flight.count(), wire.unsettled.count()), (0, 1));
    let refusal = segment(HOST, CLIENT, (443, 4000));
    wire.host.send(&refusal).await.unwrap();
    while keeper.next_deadline().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        wire.unsettled.count(),
        0,
        "an answer counts as soon as it comes"
    );
    keeper.advance_to(Duration::from_secs(14));
    assert_eq!(receive(&wire.client).await.len(), refusal.len());
    assert_eq!(wire.unsettled.count(), 0);
    wire.end().await;
}

#[tokio::test]
async fn what_a_slow_end_does_not_take_waits_in_order() {
    let wire = Fixture::with(vec![]);
    let payload = vec![0; 30_000];
    // More than the far socket holds.
    let send = async {
        for n in 0..400u16 {
            let payload = [&n.to_be_bytes()[..], &payload].concat();
            wire.client
                .send(&datagram(CLIENT, HOST, &payload))
                .await
                .unwrap();
        }
    };
    let check = async {
        for n in 0..400u16 {
            let received = receive(&wire.host).await;
            assert_eq!(received[VNET_HEADER + 42..][..2], n.to_be_bytes());
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(send, check);
    wire.end().await;
}

#[tokio::test]
async fn it_stops_though_an_end_takes_nothing() {
    let wire = Fixture::with(vec![]);
    let payload = vec![0; 30_000];
    let blocked = async {
        // Nobody receives: in the end the wire's own queue is full as well.
        loop {
            wire.client
                .send(&datagram(CLIENT, HOST, &payload))
                .await
                .unwrap();
        }
    };
    let full = tokio::time::timeout(Duration::from_millis(200), blocked).await;
    assert!(full.is_err());
    assert!(wire.end().await.upstream.frames > 0);
}
