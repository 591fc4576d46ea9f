//! Streams behind toxics, on loopback, with paused time.

use std::io;
use std::time::Duration;

use modfault_kit::fault::{Direction, TcpFault, Toxic};
use modfault_kit::{
    Armed, Bound, Clock, Context, EventKind, Fault, FaultId, HostName, PlacedFault, Recorder, Seed,
    Selector, Stream, StreamControl, Timeline, Trigger, serve,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// A connection in the hands of a test; its handler returns when this is dropped.
struct Connection {
    stream: Stream,
    control: StreamControl,
    _handling: oneshot::Sender<()>,
}

/// A host whose handler hands each connection to the test.
struct Fixture {
    address: std::net::SocketAddr,
    clock: Clock,
    timeline: Timeline,
    accepted: mpsc::UnboundedReceiver<Connection>,
    _server: tokio::task::JoinSet<io::Result<()>>,
}

impl Fixture {
    async fn with(toxics: Vec<(Direction, Toxic)>, trigger: Trigger) -> Self {
        let clock = Clock::real();
        let (recorder, timeline) = Recorder::new(clock.clone());
        let host = HostName::parse("proxy.example").unwrap();
        let faults = toxics
            .into_iter()
            .enumerate()
            .map(|(index, (stream, toxic))| PlacedFault {
                id: FaultId(format!("fault[{index}]")),
                on: host.clone(),
                select: Selector::default(),
                trigger: trigger.clone(),
                what: Fault::Tcp(TcpFault { stream, toxic }),
            })
            .collect();
        let context = Context {
            clock: clock.clone(),
            recorder: recorder.clone(),
            armed: Armed::new(faults, Seed(1), clock.clone(), recorder),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, accepted) = mpsc::unbounded_channel();
        let bound = Bound {
            host,
            port: 443,
            listener,
        };
        let mut server = tokio::task::JoinSet::new();
        server.spawn(serve(
            bound,
            context,
            CancellationToken::new(),
            move |accepted| {
                let sender = sender.clone();
                async move {
                    let (handling, handled) = oneshot::channel();
                    let connection = Connection {
                        stream: accepted.stream,
                        control: accepted.control,
                        _handling: handling,
                    };
                    drop(sender.send(connection));
                    drop(handled.await);
                }
            },
        ));
        Self {
            address,
            clock,
            timeline,
            accepted,
            _server: server,
        }
    }

    async fn one(toxic: Toxic) -> Self {
        Self::with(vec![(Direction::Downstream, toxic)], Trigger::Always).await
    }

    async fn connect(&mut self) -> (TcpStream, Connection) {
        let client = TcpStream::connect(self.address).await.unwrap();
        (client, self.accepted.recv().await.unwrap())
    }

    fn broken(&mut self) -> Vec<String> {
        self.timeline
            .drain()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::Broken { how, .. } => Some(how),
                _ => None,
            })
            .collect()
    }
}

async fn read_all(client: &mut TcpStream) -> (Vec<u8>, io::Result<()>) {
    let mut bytes = Vec::new();
    let end = client.read_to_end(&mut bytes).await.map(drop);
    (bytes, end)
}

fn is_reset(end: io::Result<()>) -> bool {
    end.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
}

#[tokio::test(start_paused = true)]
async fn without_toxics_bytes_pass_both_ways_and_nothing_is_broken() {
    let mut fixture = Fixture::with(vec![], Trigger::Always).await;
    let (mut client, mut accepted) = fixture.connect().await;
    client.write_all(b"question").await.unwrap();
    let mut question = [0; 8];
    accepted.stream.read_exact(&mut question).await.unwrap();
    accepted.stream.write_all(b"answer").await.unwrap();
    drop(accepted);
    let (answer, end) = read_all(&mut client).await;
    assert_eq!(
        (&question, answer.as_slice()),
        (b"question", &b"answer"[..])
    );
    assert!(end.is_ok());
    assert_eq!(fixture.broken(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn latency_delays_the_answer_and_keeps_it() {
    let mut fixture = Fixture::one(Toxic::Latency {
        latency: 5000,
        jitter: 0,
    })
    .await;
    let (mut client, mut accepted) = fixture.connect().await;
    let before = fixture.clock.now();
    accepted.stream.write_all(b"answer").await.unwrap();
    drop(accepted);
    let (answer, end) = read_all(&mut client).await;
    let took = fixture.clock.now() - before;
    assert_eq!(answer, b"answer");
    assert!(end.is_ok());
    assert!((5000..5100).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn several_toxics_compose_and_keep_every_byte() {
    let toxics = vec![
        (
            Direction::Downstream,
            Toxic::Latency {
                latency: 200,
                jitter: 100,
            },
        ),
        (
            Direction::Downstream,
            Toxic::Slicer {
                average_size: 1000,
                size_variation: 500,
                delay: 100,
            },
        ),
        (Direction::Upstream, Toxic::Bandwidth { rate: 100 }),
        (Direction::Downstream, Toxic::SlowClose { delay: 3000 }),
    ];
    let mut fixture = Fixture::with(toxics, Trigger::Always).await;
    let (client, accepted) = fixture.connect().await;
    let sent: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    let (mut from_server, mut to_server) = client.into_split();
    let (mut from_client, mut to_client) = tokio::io::split(accepted.stream);
    let (mut received, mut echoed) = (Vec::new(), Vec::new());
    let before = fixture.clock.now();
    let ask = async {
        to_server.write_all(&sent).await.unwrap();
        to_server.shutdown().await.unwrap();
    };
    let answer = async {
        from_client.read_to_end(&mut received).await.unwrap();
        to_client.write_all(&received).await.unwrap();
        to_client.shutdown().await.unwrap();
    };
    let read = async {
        from_server.read_to_end(&mut echoed).await.unwrap();
    };
    tokio::join!(ask, answer, read);
    assert!(echoed == sent);
    let took = fixture.clock.now() - before;
    assert!(took >= Duration::from_secs(5), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn limit_data_passes_exactly_its_bytes_then_closes() {
    let mut fixture = Fixture::one(Toxic::LimitData { bytes: 100_000 }).await;
    let (mut client, mut accepted) = fixture.connect().await;
    // Unread data of the client must not turn the close into a reset.
    client.write_all(b"unread").await.unwrap();
    let write = async {
        // It fails or not, as the cut comes early or late.
        drop(accepted.stream.write_all(&[7; 150_000]).await);
    };
    let ((bytes, end), ()) = tokio::join!(read_all(&mut client), write);
    assert_eq!(bytes.len(), 100_000);
    assert!(end.is_ok(), "{end:?}");
    assert_eq!(fixture.broken(), ["cut after 100000 bytes"]);
}

#[tokio::test(start_paused = true)]
async fn reset_after_passes_exactly_its_bytes_then_resets() {
    // More than any socket buffer holds at once.
    const BYTES: usize = 20_000_000;
    let mut fixture = Fixture::one(Toxic::ResetAfter {
        bytes: BYTES as u64,
    })
    .await;
    let (mut client, mut accepted) = fixture.connect().await;
    let write = async {
        let bytes = vec![7; BYTES + 100_000];
        drop(accepted.stream.write_all(&bytes).await);
        accepted.stream.read_u8().await
    };
    let ((bytes, end), read) = tokio::join!(read_all(&mut client), write);
    assert_eq!(bytes.len(), BYTES);
    assert!(is_reset(end));
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(fixture.broken(), ["reset after 20000000 bytes"]);
}

#[tokio::test(start_paused = true)]
async fn an_upstream_limit_ends_the_whole_connection() {
    let toxics = vec![(Direction::Upstream, Toxic::LimitData { bytes: 3 })];
    let mut fixture = Fixture::with(toxics, Trigger::Always).await;
    let (mut client, mut accepted) = fixture.connect().await;
    accepted.stream.write_all(b"greeting").await.unwrap();
    client.write_all(b"question").await.unwrap();
    let mut question = Vec::new();
    accepted.stream.read_to_end(&mut question).await.unwrap();
    assert_eq!(question, b"que");
    let (bytes, end) = read_all(&mut client).await;
    assert_eq!(bytes, b"greeting");
    assert!(end.is_ok());
    assert_eq!(fixture.broken(), ["cut after 3 bytes"]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_swallows_the_answer_and_closes_in_the_end() {
    let mut fixture = Fixture::one(Toxic::Timeout { timeout: 30_000 }).await;
    let before = fixture.clock.now();
    let (mut client, mut accepted) = fixture.connect().await;
    accepted.stream.write_all(b"answer").await.unwrap();
    let (bytes, end) = read_all(&mut client).await;
    let took = fixture.clock.now() - before;
    assert_eq!(bytes, b"");
    assert!(end.is_ok());
    assert!((30_000..30_100).contains(&took.as_millis()), "{took:?}");
    assert_eq!(fixture.broken(), ["stalled", "closed by fault"]);
}

#[tokio::test(start_paused = true)]
async fn reset_peer_resets_a_while_after_the_first_data() {
    let toxics = vec![(Direction::Upstream, Toxic::ResetPeer { timeout: 500 })];
    let mut fixture = Fixture::with(toxics, Trigger::Always).await;
    let (mut client, mut accepted) = fixture.connect().await;
    let before = fixture.clock.now();
    client.write_all(b"question").await.unwrap();
    let (bytes, end) = read_all(&mut client).await;
    let took = fixture.clock.now() - before;
    assert_eq!(bytes, b"");
    assert!(is_reset(end));
    assert!((500..600).contains(&took.as_millis()), "{took:?}");
    let read = accepted.stream.read_u8().await;
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(fixture.broken(), ["reset by fault"]);
}

#[tokio::test(start_paused = true)]
async fn the_trigger_counts_connections() {
    let toxics = vec![(Direction::Downstream, Toxic::LimitData { bytes: 1 })];
    let mut fixture = Fixture::with(toxics, Trigger::Nth(2)).await;
    let mut lengths = Vec::new();
    for _ in 0..3 {
        let (mut client, mut accepted) = fixture.connect().await;
        drop(accepted.stream.write_all(b"answer").await);
        drop(accepted);
        lengths.push(read_all(&mut client).await.0.len());
    }
    assert_eq!(lengths, [6, 1, 6]);
}

async fn controlled(toxics: Vec<(Direction, Toxic)>, end: impl Fn(&StreamControl)) -> Fixture {
    let mut fixture = Fixture::with(toxics, Trigger::Always).await;
    let (mut client, mut accepted) = fixture.connect().await;
    client.write_all(b"unread").await.unwrap();
    end(&accepted.control);
    let read = tokio::time::timeout(Duration::from_secs(1), accepted.stream.read_u8()).await;
    assert!(read.is_ok_and(|read| read.is_err()), "the reader is told");
    assert!(accepted.stream.write_all(b"late").await.is_err());
    let (bytes, end) = read_all(&mut client).await;
    assert_eq!(bytes, b"");
    let how = fixture.broken();
    match end {
        Ok(()) => assert_eq!(how, ["closed by fault"]),
        Err(_) => {
            assert!(is_reset(end));
            assert_eq!(how, ["reset by fault"]);
        }
    }
    fixture
}

fn some_latency() -> Vec<(Direction, Toxic)> {
    vec![(
        Direction::Upstream,
        Toxic::Latency {
            latency: 10,
            jitter: 0,
        },
    )]
}

#[tokio::test(start_paused = true)]
async fn a_reset_by_the_fake_is_a_reset_though_data_is_unread() {
    for toxics in [vec![], some_latency()] {
        let mut fixture = controlled(toxics, StreamControl::reset).await;
        let (mut client, accepted) = fixture.connect().await;
        accepted.control.reset();
        assert!(is_reset(read_all(&mut client).await.1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_by_the_fake_is_no_reset_though_data_is_unread() {
    for toxics in [vec![], some_latency()] {
        let mut fixture = controlled(toxics, StreamControl::close).await;
        let (mut client, mut accepted) = fixture.connect().await;
        client.write_all(b"unread").await.unwrap();
        accepted.stream.write_all(b"answer").await.unwrap();
        accepted.control.close();
        drop(accepted);
        let (bytes, end) = read_all(&mut client).await;
        assert_eq!(bytes, b"answer");
        assert!(end.is_ok(), "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_when_sent_loses_nothing() {
    const BYTES: usize = 10_000_000;
    let mut fixture = Fixture::with(vec![], Trigger::Always).await;
    let (mut client, mut accepted) = fixture.connect().await;
    let write = async {
        accepted.stream.write_all(&vec![1; BYTES]).await.unwrap();
        accepted.control.reset_when_sent().await;
    };
    let ((bytes, end), ()) = tokio::join!(read_all(&mut client), write);
    assert_eq!(bytes.len(), BYTES);
    assert!(is_reset(end));
}
