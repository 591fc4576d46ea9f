//! The caching resolver over real sockets, in front of name servers of ours.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};
use modfault_dns::{StubCache, StubSetup, Zones, serve_dns, serve_stub};
use modfault_kit::dial::LoopbackDialer;
use modfault_kit::fault::DnsFault;
use modfault_kit::{
    Armed, Clock, Context, Dial, EventKind, Fault, FaultId, HostName, PlacedFault, Recorder, Seed,
    Selector, Timeline, Trigger,
};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A name server at `upstream` that suffers `faults`, and the stub in front of it, with a route for `corp.example` to a server
/// that knows that zone.
struct Names {
    stub: SocketAddr,
    cache: StubCache,
    timeline: Timeline,
    stop: CancellationToken,
    tasks: JoinSet<io::Result<()>>,
}

fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

async fn udp() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(v4) => v4,
        SocketAddr::V6(_) => panic!("bound to IPv4"),
    }
}

async fn names(faults: &[DnsFault]) -> Names {
    let clock = Clock::real();
    let (recorder, timeline) = Recorder::new(clock.clone());
    let placed = faults.iter().map(|fault| PlacedFault {
        id: FaultId("fault[0]".to_owned()),
        on: host("proxy.golang.org"),
        select: Selector::default(),
        trigger: Trigger::Always,
        what: Fault::Dns(fault.clone()),
    });
    let context = Context {
        clock: clock.clone(),
        recorder: recorder.clone(),
        armed: Armed::new(placed.collect(), Seed(1), clock, recorder),
    };
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let public = Zones::new().address(host("proxy.golang.org"), "203.0.113.10".parse().unwrap());
    let corporate = Zones::new().address(host("git.corp.example"), "203.0.113.20".parse().unwrap());
    let mut servers = Vec::new();
    let mut dialer = LoopbackDialer::default();
    for (name, zones) in [("public", public), ("corporate", corporate)] {
        let (udp, tcp) = (udp().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
        servers.push(v4(udp.local_addr().unwrap()));
        // Over TCP the stub asks port 53 of the same address: of the two here it is always the first.
        dialer = match name {
            "public" => dialer.with("127.0.0.1", 53, tcp.local_addr().unwrap()),
            _ => dialer,
        };
        let context = context.clone();
        tasks.spawn(serve_dns(
            udp,
            tcp,
            host(name),
            zones,
            context,
            stop.clone(),
        ));
    }
    let [public, corporate] = servers[..] else {
        panic!("two servers");
    };
    let nobody = SocketAddrV4::new(Ipv4Addr::LOCALHOST, {
        let free = udp().await;
        free.local_addr().unwrap().port()
    });
    let upstreams = vec![nobody, public];
    let routes: BTreeMap<_, _> = [(host("corp.example"), vec![corporate])].into();
    let mut sockets = BTreeMap::new();
    for server in StubSetup::servers(&upstreams, &routes) {
        sockets.insert(server, udp().await);
    }
    let cache = StubCache::default();
    let (own, tcp) = (udp().await, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let stub = own.local_addr().unwrap();
    let setup = StubSetup {
        host: host("stub-resolver"),
        upstreams,
        routes,
        sockets,
        dial: Dial::new(dialer),
        cache: cache.clone(),
    };
    tasks.spawn(serve_stub(own, tcp, setup, context, stop.clone()));
    Names {
        stub,
        cache,
        timeline,
        stop,
        tasks,
    }
}

impl Names {
    async fn ask(&self, name: &str) -> Message {
        let client = udp().await;
        client.connect(self.stub).await.unwrap();
        let mut question = Message::query();
        question.metadata.id = 7;
        question.metadata.recursion_desired = true;
        let name = Name::from_ascii(format!("{name}.")).unwrap();
        question.add_query(Query::query(name, RecordType::A));
        client.send(&question.to_vec().unwrap()).await.unwrap();
        let mut answer = vec![0; 4096];
        let limit = Duration::from_secs(20);
        let received = tokio::time::timeout(limit, client.recv(&mut answer)).await;
        answer.truncate(received.unwrap().unwrap());
        Message::from_vec(&answer).unwrap()
    }

    /// Each question as `host: answer`.
    fn questions(&mut self) -> Vec<String> {
        let events = self.timeline.drain().into_iter();
        let questions = events.filter_map(|event| match event.kind {
            EventKind::Dns {
                answer, transport, ..
            } => Some(format!("{} {transport}: {answer}", event.host)),
            _ => None,
        });
        questions.collect()
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn an_answer_is_asked_for_once_and_again_after_a_flush() {
    let mut names = names(&[]).await;
    for _ in 0..2 {
        let answer = names.ask("proxy.golang.org").await;
        assert_eq!(answer.answers.len(), 1);
    }
    assert_eq!(
        names.questions(),
        [
            "public udp: A 203.0.113.10",
            "stub-resolver udp: A 203.0.113.10",
            "stub-resolver udp: A 203.0.113.10 from its cache",
        ]
    );
    names.cache.flush();
    names.ask("proxy.golang.org").await;
    assert_eq!(names.questions().len(), 2);
    names.end().await;
}

#[tokio::test]
async fn names_below_a_domain_are_asked_of_its_own_server() {
    let mut names = names(&[]).await;
    assert_eq!(names.ask("git.corp.example").await.answers.len(), 1);
    let unknown = names.ask("git.xcorp.example").await;
    assert_eq!(unknown.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(
        names.questions(),
        [
            "corporate udp: A 203.0.113.20",
            "stub-resolver udp: A 203.0.113.20",
            "public udp: NXDOMAIN",
            "stub-resolver udp: NXDOMAIN",
        ]
    );
    names.end().await;
}

#[tokio::test]
async fn what_does_not_fit_into_a_datagram_is_fetched_over_tcp() {
    let mut names = names(&[DnsFault::Truncate]).await;
    assert_eq!(names.ask("proxy.golang.org").await.answers.len(), 1);
    assert_eq!(
        names.questions(),
        [
            "public udp: truncated",
            "public tcp: A 203.0.113.10",
            "stub-resolver udp: A 203.0.113.10",
        ]
    );
    names.end().await;
}

#[tokio::test]
async fn a_silent_name_server_is_a_failure_and_is_asked_again() {
    let mut names = names(&[DnsFault::Drop]).await;
    for _ in 0..2 {
        let answer = names.ask("proxy.golang.org").await;
        assert_eq!(answer.metadata.response_code, ResponseCode::ServFail);
        assert_eq!(
            names.questions(),
            ["public udp: no answer", "stub-resolver udp: SERVFAIL"]
        );
    }
    names.end().await;
}

#[tokio::test]
async fn a_server_older_than_edns_is_got_along_with() {
    let mut names = names(&[DnsFault::RefuseEdns]).await;
    assert_eq!(names.ask("proxy.golang.org").await.answers.len(), 1);
    assert_eq!(names.questions().len(), 2);
    names.end().await;
}
