//! The caching resolver of one machine, as systemd-resolved, dnsmasq and nscd are: it listens on an address of that machine
//! alone, asks name servers on behalf of its programs, and keeps what they say (RFC 1034 §5.3.1, RFC 2308).

mod ask;
mod cache;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use modfault_kit::event::Outcome;
use modfault_kit::{Context, Dial, Event, EventKind, HostName, send_at_once};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use cache::StubCache;

use crate::exchange::{question_of, refuse, send};
use crate::message::{Message, Shape, absence};
use crate::reply::Question;
use crate::server::WAITING_ANSWERS;
use ask::Upstream;

/// What a stub resolver is told, and what it asks with.
#[derive(Debug)]
pub struct StubSetup {
    /// Where its questions are recorded.
    pub host: HostName,
    /// The name servers that are asked, in order, about names that no route takes.
    pub upstreams: Vec<SocketAddrV4>,
    /// The name servers for the names in and below a domain; the longest domain counts.
    pub routes: BTreeMap<HostName, Vec<SocketAddrV4>>,
    /// A socket for each name server, bound and not yet connected.
    pub sockets: BTreeMap<SocketAddrV4, UdpSocket>,
    /// How connections to name servers are made, where an answer does not fit into a datagram.
    pub dial: Dial,
    /// What it knows already.
    pub cache: StubCache,
}

impl StubSetup {
    /// Every name server that may be asked; [`StubSetup::sockets`] has one for each.
    pub fn servers<'a>(
        upstreams: &'a [SocketAddrV4],
        routes: &'a BTreeMap<HostName, Vec<SocketAddrV4>>,
    ) -> BTreeSet<SocketAddrV4> {
        upstreams
            .iter()
            .chain(routes.values().flatten())
            .copied()
            .collect()
    }
}

/// Answers questions on `udp` and `tcp` from what is kept, or from what the name servers say, until `stop` is cancelled.
///
/// A name server that does not answer within two seconds, or refuses, or says SERVFAIL, is passed over for the next. Where
/// all are, the answer is SERVFAIL. No EDNS record is sent, so that none can be in anybody's way. A question is recorded
/// when it is answered, as it is answered: `A 203.0.113.10 from its cache`.
///
/// An error means that a socket could not be used any more.
pub async fn serve_stub(
    udp: UdpSocket,
    tcp: TcpListener,
    setup: StubSetup,
    context: Context,
    stop: CancellationToken,
) -> io::Result<()> {
    let mut readers = JoinSet::new();
    let mut upstreams = BTreeMap::new();
    for (address, socket) in setup.sockets {
        let upstream = Arc::new(Upstream::connect(address, socket).await?);
        readers.spawn(Arc::clone(&upstream).read());
        upstreams.insert(address, upstream);
    }
    let mut server = Server::new(Stub {
        host: setup.host,
        default: setup.upstreams,
        routes: setup.routes,
        upstreams,
        dial: setup.dial,
        cache: setup.cache,
        context,
    });
    server.register_socket(udp);
    send_at_once(&tcp)?;
    server.register_listener(tcp, Duration::ZERO, WAITING_ANSWERS);
    tokio::select! {
        () = stop.cancelled() => {}
        ended = server.block_until_done() => return ended.map_err(io::Error::other),
        Some(ended) = readers.join_next() => return ended.map_err(io::Error::other)?,
    }
    server.shutdown_gracefully().await.map_err(io::Error::other)
}

struct Stub {
    host: HostName,
    default: Vec<SocketAddrV4>,
    routes: BTreeMap<HostName, Vec<SocketAddrV4>>,
    upstreams: BTreeMap<SocketAddrV4, Arc<Upstream>>,
    dial: Dial,
    cache: StubCache,
    context: Context,
}

#[async_trait]
impl RequestHandler for Stub {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let question = match question_of(request) {
            Ok(question) => question,
            Err(code) => return refuse(request, code, response).await,
        };
        let _answering = self.context.recorder.busy();
        let now = self.context.clock.now();
        let (message, kept) = match self.cache.find(&question, now) {
            Some(message) => (message, " from its cache"),
            None => (self.ask(&question).await, ""),
        };
        self.context.recorder.record(Event::new(
            &self.host,
            EventKind::Dns {
                name: question.host.clone(),
                record_type: question.record_type.to_string(),
                transport: question.transport.as_str().to_owned(),
                answer: format!("{}{kept}", message.words()),
                outcome: outcome(&message, question.record_type),
            },
        ));
        send(request, &message, &mut response).await
    }
}

impl Stub {
    /// What the name servers for the name say, the first that knows anything; it is kept for the next time.
    async fn ask(&self, question: &Question) -> Message {
        for server in self.servers(&question.host) {
            let Some(upstream) = self.upstreams.get(server) else {
                continue;
            };
            let asked = upstream
                .ask(question, &self.context.clock, &self.dial, &self.host)
                .await;
            if let Some(message) = asked {
                self.cache
                    .keep(question, &message, self.context.clock.now());
                return message;
            }
        }
        absence(ResponseCode::ServFail, &question.name)
    }

    fn servers(&self, name: &str) -> &[SocketAddrV4] {
        let routes = self
            .routes
            .iter()
            .filter(|(domain, _)| name == domain.as_str() || name.ends_with(&format!(".{domain}")));
        routes
            .max_by_key(|(domain, _)| domain.as_str().len())
            .map_or(&self.default, |(_, servers)| servers)
    }
}

/// Whether the answer gives what was asked for; that a name has no IPv6 address is no failure.
fn outcome(message: &Message, wanted: RecordType) -> Outcome {
    let has = message
        .answers
        .iter()
        .any(|record| record.record_type() == wanted);
    let whole = message.shape == Shape::Whole && message.code == ResponseCode::NoError;
    if whole && (has || wanted != RecordType::A) {
        Outcome::Done
    } else {
        Outcome::Failed(message.words().to_lowercase())
    }
}
