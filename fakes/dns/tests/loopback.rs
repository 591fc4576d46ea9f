//! The resolver over real sockets, asked by a client that reads raw messages.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use modfault_dns::{Zones, serve_dns};
use modfault_kit::event::Outcome;
use modfault_kit::fault::DnsFault;
use modfault_kit::{
    Armed, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault, Recorder, Seed,
    Selector, Timeline, Trigger,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

struct Resolver {
    udp: SocketAddr,
    tcp: SocketAddr,
    timeline: Timeline,
    clock: Clock,
    stop: CancellationToken,
    server: JoinSet<io::Result<()>>,
}

fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

fn placed(on: &str, trigger: Trigger, fault: DnsFault) -> PlacedFault {
    PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: host(on),
        select: Selector::default(),
        trigger,
        what: Fault::Dns(fault),
    }
}

async fn resolver(faults: Vec<PlacedFault>) -> Resolver {
    let clock = Clock::real();
    let (recorder, timeline) = Recorder::new(clock.clone());
    let context = Context {
        clock: clock.clone(),
        recorder: recorder.clone(),
        armed: Armed::new(faults, Seed(1), clock.clone(), recorder),
    };
    let mut zones = Zones::new()
        .address(host("proxy.golang.org"), "203.0.113.10".parse().unwrap())
        .address(host("sum.golang.org"), "203.0.113.11".parse().unwrap());
    for n in 0..100 {
        zones = zones.text(host("large.example"), &format!("{n:0>100}"));
    }
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (udp_at, tcp_at) = (udp.local_addr().unwrap(), tcp.local_addr().unwrap());
    let stop = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(serve_dns(
        udp,
        tcp,
        host("resolver"),
        zones,
        context,
        stop.clone(),
    ));
    Resolver {
        udp: udp_at,
        tcp: tcp_at,
        timeline,
        clock,
        stop,
        server,
    }
}

impl Resolver {
    async fn ask(&self, name: &str, record_type: RecordType) -> Message {
        let client = client(self.udp).await;
        client
            .send(&question(7, name, record_type).to_vec().unwrap())
            .await
            .unwrap();
        Message::from_vec(&datagram(&client).await).unwrap()
    }

    async fn ask_over_tcp(&self, name: &str, record_type: RecordType) -> Message {
        let mut stream = TcpStream::connect(self.tcp).await.unwrap();
        let bytes = question(8, name, record_type).to_vec().unwrap();
        stream
            .write_u16(bytes.len().try_into().unwrap())
            .await
            .unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = vec![0; usize::from(stream.read_u16().await.unwrap())];
        stream.read_exact(&mut answer).await.unwrap();
        Message::from_vec(&answer).unwrap()
    }

    /// Each question as `transport type name: answer`.
    fn questions(&mut self) -> Vec<String> {
        self.timeline
            .drain()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Dns {
                    name,
                    record_type,
                    transport,
                    answer,
                    ..
                } => Some(format!("{transport} {record_type} {name}: {answer}")),
                _ => None,
            })
            .collect()
    }
}

async fn client(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket
}

async fn datagram(client: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 65536];
    let length = client.recv(&mut buffer).await.unwrap();
    buffer.truncate(length);
    buffer
}

fn question(id: u16, name: &str, record_type: RecordType) -> Message {
    let mut message = Message::query();
    message.metadata.id = id;
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(
        Name::from_ascii(format!("{name}.")).unwrap(),
        record_type,
    ));
    message
}

fn with_edns(mut message: Message, payload: u16) -> Message {
    let mut edns = Edns::new();
    edns.set_max_payload(payload);
    message.set_edns(edns);
    message
}

#[tokio::test]
async fn an_answer_repeats_the_question_as_it_was_spelt() {
    let mut resolver = resolver(Vec::new()).await;
    let answer = resolver.ask("Proxy.GoLang.org", RecordType::A).await;
    assert_eq!(answer.metadata.id, 7);
    assert!(answer.metadata.recursion_available);
    assert_eq!(answer.queries[0].name().to_ascii(), "Proxy.GoLang.org.");
    assert_eq!(
        answer.answers[0].data,
        RData::A("203.0.113.10".parse().unwrap())
    );
    assert_eq!(
        resolver.questions(),
        ["udp A proxy.golang.org: A 203.0.113.10"]
    );
}

#[tokio::test]
async fn an_unknown_name_and_a_missing_type_come_with_an_soa_record() {
    let resolver = resolver(Vec::new()).await;
    let unknown = resolver.ask("nowhere.example", RecordType::A).await;
    assert_eq!(unknown.metadata.response_code, ResponseCode::NXDomain);
    let missing = resolver.ask("proxy.golang.org", RecordType::AAAA).await;
    assert_eq!(missing.metadata.response_code, ResponseCode::NoError);
    for answer in [unknown, missing] {
        assert!(answer.answers.is_empty());
        assert_eq!(answer.authorities[0].record_type(), RecordType::SOA);
    }
}

#[tokio::test]
async fn a_large_answer_is_cut_to_what_the_client_takes_and_whole_over_tcp() {
    let resolver = resolver(Vec::new()).await;
    let client = client(resolver.udp).await;
    for (payload, at_most) in [(None, 512), (Some(1000), 1000), (Some(4096), 1232)] {
        let asked = question(9, "large.example", RecordType::TXT);
        let asked = match payload {
            None => asked,
            Some(payload) => with_edns(asked, payload),
        };
        client.send(&asked.to_vec().unwrap()).await.unwrap();
        let bytes = datagram(&client).await;
        assert!(
            (at_most - 120..=at_most).contains(&bytes.len()),
            "{payload:?}: {}",
            bytes.len()
        );
        let answer = Message::from_vec(&bytes).unwrap();
        assert!(answer.metadata.truncation);
        assert_eq!(answer.edns.is_some(), payload.is_some());
    }
    let whole = resolver
        .ask_over_tcp("large.example", RecordType::TXT)
        .await;
    assert_eq!(whole.answers.len(), 100);
}

#[tokio::test]
async fn a_truncated_answer_is_whole_over_tcp() {
    let faults = vec![placed(
        "proxy.golang.org",
        Trigger::Always,
        DnsFault::Truncate,
    )];
    let mut resolver = resolver(faults).await;
    let short = resolver.ask("proxy.golang.org", RecordType::A).await;
    assert!(short.metadata.truncation);
    assert!(short.answers.is_empty());
    let whole = resolver
        .ask_over_tcp("proxy.golang.org", RecordType::A)
        .await;
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 1);
    assert_eq!(
        resolver.questions(),
        [
            "udp A proxy.golang.org: truncated",
            "tcp A proxy.golang.org: A 203.0.113.10"
        ]
    );
}

#[tokio::test]
async fn a_truncated_answer_with_tcp_refused_leaves_nothing() {
    let faults = vec![placed(
        "proxy.golang.org",
        Trigger::Always,
        DnsFault::TruncateAndRefuseTcp,
    )];
    let resolver = resolver(faults).await;
    let short = resolver.ask("proxy.golang.org", RecordType::A).await;
    assert!(short.metadata.truncation);
    let error = TcpStream::connect(resolver.tcp).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_malformed_answer_has_the_right_question_and_cannot_be_read() {
    let faults = vec![placed("resolver", Trigger::Always, DnsFault::Malformed)];
    let resolver = resolver(faults).await;
    let client = client(resolver.udp).await;
    for record_type in [RecordType::A, RecordType::AAAA, RecordType::TXT] {
        let asked = question(11, "proxy.golang.org", record_type);
        let bytes = with_edns(asked.clone(), 1232).to_vec().unwrap();
        client.send(&bytes).await.unwrap();
        let answer = datagram(&client).await;
        assert_eq!(answer[..2], bytes[..2], "the id");
        let question_end = asked.to_vec().unwrap().len();
        assert_eq!(
            answer[12..question_end],
            bytes[12..question_end],
            "the question"
        );
        assert!(Message::from_vec(&answer).is_err(), "{record_type}");
    }
}

#[tokio::test]
async fn a_fault_is_counted_for_each_type_and_name_and_then_heals() {
    let faults = vec![placed("resolver", Trigger::First(1), DnsFault::Empty)];
    let resolver = resolver(faults).await;
    for name in ["proxy.golang.org", "sum.golang.org"] {
        assert!(
            resolver
                .ask(name, RecordType::AAAA)
                .await
                .answers
                .is_empty()
        );
        assert!(resolver.ask(name, RecordType::A).await.answers.is_empty());
        assert_eq!(resolver.ask(name, RecordType::A).await.answers.len(), 1);
    }
}

#[tokio::test]
async fn a_fault_on_one_name_leaves_the_others_alone() {
    let faults = vec![placed("sum.golang.org", Trigger::Always, DnsFault::Empty)];
    let resolver = resolver(faults).await;
    let answers = |message: Message| message.answers.len();
    assert_eq!(
        answers(resolver.ask("sum.golang.org", RecordType::A).await),
        0
    );
    assert_eq!(
        answers(resolver.ask("proxy.golang.org", RecordType::A).await),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_holds_up_no_other() {
    let real = Instant::now();
    let delay = Duration::from_secs(3600);
    let faults = vec![placed(
        "sum.golang.org",
        Trigger::Always,
        DnsFault::Delay(delay),
    )];
    let resolver = resolver(faults).await;
    let client = client(resolver.udp).await;
    for (id, name) in [(1, "sum.golang.org"), (2, "proxy.golang.org")] {
        let asked = question(id, name, RecordType::A).to_vec().unwrap();
        client.send(&asked).await.unwrap();
    }
    let mut order = Vec::new();
    for _ in 0..2 {
        let answer = Message::from_vec(&datagram(&client).await).unwrap();
        order.push((answer.metadata.id, resolver.clock.now() >= delay));
    }
    assert_eq!(order, [(2, false), (1, true)]);
    assert!(real.elapsed() < delay / 60);
}

#[tokio::test]
async fn a_dropped_question_is_recorded_and_never_answered() {
    let faults = vec![placed("sum.golang.org", Trigger::Always, DnsFault::Drop)];
    let mut resolver = resolver(faults).await;
    let client = client(resolver.udp).await;
    for (id, name) in [(1, "sum.golang.org"), (2, "proxy.golang.org")] {
        let asked = question(id, name, RecordType::A).to_vec().unwrap();
        client.send(&asked).await.unwrap();
    }
    let answer = Message::from_vec(&datagram(&client).await).unwrap();
    assert_eq!(answer.metadata.id, 2);
    resolver.stop.cancel();
    resolver.server.join_next().await.unwrap().unwrap().unwrap();
    let nothing = client.try_recv(&mut [0; 512]);
    assert!(nothing.is_err(), "{nothing:?}");
    let outcomes: Vec<Outcome> = resolver
        .timeline
        .drain()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::Dns { outcome, .. } => Some(outcome),
            _ => None,
        })
        .collect();
    assert_eq!(
        outcomes,
        [Outcome::Failed("no answer".to_owned()), Outcome::Done]
    );
}

#[tokio::test]
async fn what_is_no_question_of_ours_is_turned_away() {
    let resolver = resolver(Vec::new()).await;
    let client = client(resolver.udp).await;
    let mut two = question(1, "proxy.golang.org", RecordType::A);
    two.add_query(two.queries[0].clone());
    let mut chaos = question(2, "version.bind", RecordType::TXT);
    chaos.queries[0].set_query_class(hickory_proto::rr::DNSClass::CH);
    for (message, code) in [(two, ResponseCode::FormErr), (chaos, ResponseCode::Refused)] {
        client.send(&message.to_vec().unwrap()).await.unwrap();
        let answer = Message::from_vec(&datagram(&client).await).unwrap();
        assert_eq!(answer.metadata.response_code, code);
    }
}

#[tokio::test]
async fn a_question_with_an_edns_record_is_refused_without_one_and_one_without_is_answered() {
    let faults = vec![placed(
        "proxy.golang.org",
        Trigger::Always,
        DnsFault::RefuseEdns,
    )];
    let resolver = resolver(faults).await;
    let client = client(resolver.udp).await;
    let mut asked = question(9, "proxy.golang.org", RecordType::A);
    client.send(&asked.to_vec().unwrap()).await.unwrap();
    let plain = Message::from_vec(&datagram(&client).await).unwrap();
    assert_eq!(plain.metadata.response_code, ResponseCode::NoError);
    asked.set_edns(Edns::new());
    client.send(&asked.to_vec().unwrap()).await.unwrap();
    let refused = Message::from_vec(&datagram(&client).await).unwrap();
    assert_eq!(refused.metadata.response_code, ResponseCode::FormErr);
    assert!(refused.edns.is_none());
}

#[tokio::test]
async fn an_answer_comes_under_another_id() {
    let faults = vec![placed(
        "proxy.golang.org",
        Trigger::Always,
        DnsFault::WrongId,
    )];
    let resolver = resolver(faults).await;
    let answer = resolver.ask("proxy.golang.org", RecordType::A).await;
    assert_eq!(answer.metadata.id, !7);
    assert_eq!(answer.answers.len(), 1);
    let over_tcp = resolver
        .ask_over_tcp("proxy.golang.org", RecordType::A)
        .await;
    assert_eq!(over_tcp.metadata.id, 8);
}
