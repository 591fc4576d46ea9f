//! The wire between two real network namespaces, with clients that we did not write.
#![cfg(target_os = "linux")]

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::time::{Duration, Instant};

use modfault_kit::event::ConnectOutcome;
use modfault_kit::fault::NetFault;
use modfault_kit::{
    Armed, ByteCount, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault,
    Probability, Recorder, Seed, Selector, Timeline, Trigger,
};
use modfault_sandbox::{Command, Sandbox, SandboxPlan, User};
use modfault_wire::{AddressMap, Line, Unsettled, WireEnds, WireReport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);

/// A client, one host that sends `BODY` bytes on port 80 to everybody who says something, and the wire between them.
struct World {
    sandbox: Sandbox,
    timeline: Timeline,
    unsettled: Unsettled,
    wire: JoinSet<std::io::Result<WireReport>>,
    _host: JoinSet<()>,
    stop: CancellationToken,
}

const BODY: usize = 3_000_000;

impl World {
    fn with(faults: Vec<NetFault>) -> Self {
        let mut sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
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
            armed: Armed::new(faults, Seed(1), clock, recorder),
        };
        let map = AddressMap {
            overloaded: Default::default(),
            untold: Default::default(),
            client: Ipv4Addr::new(198, 51, 100, 2),
            gateway: Ipv4Addr::new(198, 51, 100, 1),
            hosts: [(HOST, name)].into(),
        };
        let ends = sandbox.take_wire().unwrap();
        let ends = WireEnds {
            client: ends.client,
            internet: ends.internet,
        };
        let stop = CancellationToken::new();
        let mut wire = JoinSet::new();
        let line = Line::new(ends, map, context).unwrap();
        let unsettled = line.unsettled();
        wire.spawn(line.run(stop.clone()));
        let listener = sandbox.bind_tcp(SocketAddrV4::new(HOST, 80)).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let mut host = JoinSet::new();
        host.spawn(serve(listener));
        Self {
            sandbox,
            timeline,
            unsettled,
            wire,
            _host: host,
            stop,
        }
    }

    /// Runs a shell command on the client as `user`: its exit report and what it printed.
    async fn run(&self, user: User, command: &str) -> (String, String) {
        let mut command = Command::new(["/bin/bash", "-c", command]);
        command.user = user;
        let mut process = self.sandbox.spawn(&command).unwrap();
        let mut reader =
            tokio::net::unix::pipe::Receiver::from_owned_fd(process.stdout.take().unwrap())
                .unwrap();
        let mut printed = String::new();
        reader.read_to_string(&mut printed).await.unwrap();
        let mut waiting = JoinSet::new();
        waiting.spawn_blocking(move || process.wait().unwrap());
        let exit = waiting.join_next().await.unwrap().unwrap();
        (format!("{:?}", exit.end), printed.trim().to_owned())
    }

    async fn as_user(&self, command: &str) -> (String, String) {
        self.run(User::Client, command).await
    }

    /// Waits until the kernels have done what they do by themselves.
    async fn settled(&self) {
        let settled = async {
            while self.unsettled.count() > 0 {
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), settled).await;
        assert!(in_time.is_ok(), "{:?}", self.unsettled.describe());
    }

    fn told(&mut self) -> Vec<EventKind> {
        let events = self.timeline.drain().into_iter().map(|event| event.kind);
        events
            .filter(|kind| !matches!(kind, EventKind::Fired { .. }))
            .collect()
    }

    async fn end(mut self) -> WireReport {
        self.stop.cancel();
        self.wire.join_next().await.unwrap().unwrap().unwrap()
    }
}

async fn serve(listener: TcpListener) {
    let body = vec![b'x'; BODY];
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut question = [0; 1024];
        let asked = socket.read(&mut question).await.unwrap();
        if asked > 0 {
            // A cut or a reset ends it early: what the client makes of it is the test's matter.
            drop(socket.write_all(&body).await);
            drop(socket.shutdown().await);
            drop(socket.read(&mut question).await);
        }
    }
}

fn done(printed: &str) -> (String, String) {
    ("Code(0)".to_owned(), printed.to_owned())
}

#[tokio::test]
async fn a_client_downloads_through_the_wire() {
    let mut world = World::with(vec![]);
    let got = world
        .as_user("exec 3<>/dev/tcp/203.0.113.10/80; echo >&3; cat <&3 | wc -c")
        .await;
    assert_eq!(got, done(&BODY.to_string()));
    assert_eq!(world.told(), []);
    world.settled().await;
    assert_eq!(world.unsettled.silent(), []);
    let report = world.end().await;
    assert!(report.downstream.bytes > BODY as u64, "{report:?}");
}

#[tokio::test]
async fn the_way_to_a_host_has_one_hop_and_the_gateway_answers() {
    if !Path::new("/usr/bin/ping").exists() {
        println!("left out: there is no ping on this machine; the router's own tests say the same");
        return;
    }
    let world = World::with(vec![]);
    let ping = "/usr/bin/ping -n -c 1 -W 5";
    let gateway = format!("{ping} 198.51.100.1 | grep -c 'bytes from 198.51.100.1'");
    assert_eq!(world.run(User::Root, &gateway).await, done("1"));
    let first = format!("{ping} -t 1 203.0.113.10 | grep -ci 'from 198.51.100.1.*exceeded'");
    assert_eq!(world.run(User::Root, &first).await, done("1"));
    let second = format!("{ping} -t 2 203.0.113.10 | grep -c 'bytes from 203.0.113.10'");
    assert_eq!(world.run(User::Root, &second).await, done("1"));
}

#[tokio::test]
async fn a_connection_fails_in_the_way_of_its_fault() {
    for (fault, port, outcome) in [
        (Some(NetFault::Rst), 80, ConnectOutcome::Refused),
        (
            Some(NetFault::HostUnreachable),
            80,
            ConnectOutcome::Unreachable,
        ),
        // Nothing listens there.
        (None, 81, ConnectOutcome::Refused),
    ] {
        let mut world = World::with(fault.into_iter().collect());
        let (end, _) = world
            .as_user(&format!("exec 3<>/dev/tcp/203.0.113.10/{port}"))
            .await;
        assert_eq!(end, "Code(1)");
        assert_eq!(world.told(), [EventKind::ConnectFailed { port, outcome }]);
        world.settled().await;
    }
}

#[tokio::test]
async fn nothing_leaves_and_the_attempt_is_recorded() {
    let mut world = World::with(vec![]);
    let (end, _) = world.as_user("exec 3<>/dev/tcp/8.8.8.8/80").await;
    assert_eq!(end, "Code(1)");
    let egress = EventKind::Egress {
        destination: SocketAddr::from(([8, 8, 8, 8], 80)),
        protocol: "tcp".to_owned(),
    };
    assert_eq!(world.told(), [egress]);
}

#[tokio::test]
async fn a_cut_connection_has_carried_exactly_its_bytes() {
    let mut world = World::with(vec![NetFault::CutAfter(ByteCount(100_001))]);
    let got = world
        .as_user("exec 3<>/dev/tcp/203.0.113.10/80; echo >&3; timeout 1 cat <&3 | wc -c")
        .await;
    assert_eq!(got, done("100001"));
    let cut = EventKind::Broken {
        port: 80,
        how: "cut after 100001 bytes".to_owned(),
    };
    assert_eq!(world.told(), [cut]);
    // Both kernels go on sending, in vain.
    world.settled().await;
    let silent = world.unsettled.silent();
    assert!(matches!(&silent[..], [flow] if flow.established && flow.host == HOST));
}

#[tokio::test]
async fn what_was_lost_by_chance_has_come_again_when_all_is_settled() {
    let loss = NetFault::Loss(Probability::new(0.05).unwrap());
    let world = World::with(vec![loss]);
    let got = world
        .as_user("exec 3<>/dev/tcp/203.0.113.10/80; echo >&3; cat <&3 | wc -c")
        .await;
    assert_eq!(got, done(&BODY.to_string()));
    world.settled().await;
    assert!(world.end().await.dropped > 0);
}

#[tokio::test]
async fn a_delay_is_felt_in_both_directions() {
    let world = World::with(vec![NetFault::Delay(Duration::from_millis(50))]);
    let begun = Instant::now();
    let (end, _) = world.as_user("exec 3<>/dev/tcp/203.0.113.10/80").await;
    assert_eq!(end, "Code(0)");
    assert!(begun.elapsed() >= Duration::from_millis(100));
}
