//! Questions in, answers out.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::op::{Edns, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::DNSClass;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use modfault_kit::fault::DnsFault;
use modfault_kit::{Context, Event, EventKind, Fault, HostName, send_at_once};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use crate::message::{Message, Shape};
use crate::reply::{Question, Transport, concerns, reply};
use crate::zones::Zones;

/// The port that faults select by; on loopback, in tests, the sockets' own differs.
const PORT: u16 = 53;

/// The most bytes that go into one datagram, whatever the client takes (RFC 9715 §3.1).
const LARGEST_DATAGRAM: u16 = 1232;

/// The most bytes of a datagram for a client that does not say (RFC 1035 §4.2.1).
const SMALLEST_DATAGRAM: u16 = 512;

/// Answers that may wait to be written, for each connection.
const WAITING_ANSWERS: usize = 32;

/// Answers questions on `udp` and `tcp` from `zones` until `stop` is cancelled; every question is recorded at `host`.
///
/// A DNS fault fires that is placed on the name asked about, or on `host` for all names; it is counted by type and name.
/// Where a [`DnsFault::TruncateAndRefuseTcp`] is armed, `tcp` is closed at once, so that the kernel refuses every
/// connection for as long as the server runs: which name is meant is not known when a connection is made.
/// A question is recorded when it arrives, with the answer that it gets; questions on one connection are answered in turn
/// (RFC 7766 §6.2.1.1), datagrams independently.
///
/// An error means that a socket could not be read any more.
pub async fn serve_dns(
    udp: UdpSocket,
    tcp: TcpListener,
    host: HostName,
    zones: Zones,
    context: Context,
    stop: CancellationToken,
) -> io::Result<()> {
    let refuses_tcp = context
        .armed
        .faults()
        .iter()
        .any(|placed| placed.what == Fault::Dns(DnsFault::TruncateAndRefuseTcp));
    let mut server = Server::new(Resolver {
        host,
        zones,
        context,
    });
    server.register_socket(udp);
    if refuses_tcp {
        drop(tcp);
    } else {
        send_at_once(&tcp)?;
        // No time limit: the client's patience is what is under test, not ours.
        server.register_listener(tcp, Duration::ZERO, WAITING_ANSWERS);
    }
    tokio::select! {
        () = stop.cancelled() => {}
        ended = server.block_until_done() => return ended.map_err(io::Error::other),
    }
    server.shutdown_gracefully().await.map_err(io::Error::other)
}

struct Resolver {
    host: HostName,
    zones: Zones,
    context: Context,
}

#[async_trait]
impl RequestHandler for Resolver {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let question = match question_of(request) {
            Ok(question) => question,
            Err(code) => return refuse(request, code, response).await,
        };
        let fired = self.fired(&question);
        let reply = reply(&self.zones, &question, &fired);
        self.context.recorder.record(Event::new(
            &self.host,
            EventKind::Dns {
                name: question.host.clone(),
                record_type: question.record_type.to_string(),
                transport: question.transport.as_str().to_owned(),
                answer: reply.words(),
                outcome: reply.outcome.clone(),
            },
        ));
        let Some(message) = reply.message else {
            return unsent(request);
        };
        if !reply.delay.is_zero() {
            self.context.clock.sleep(reply.delay).await;
        }
        send(request, &message, &mut response).await
    }
}

impl Resolver {
    /// The faults that fire for `question`, those on its name first.
    fn fired(&self, question: &Question) -> Vec<DnsFault> {
        let key = format!("{} {}", question.record_type, question.host);
        let relevant =
            |fault: &Fault| matches!(fault, Fault::Dns(dns) if concerns(dns, question.transport));
        let name = HostName::parse(&question.host)
            .ok()
            .filter(|name| *name != self.host);
        let places = name.iter().chain([&self.host]);
        places
            .flat_map(|place| self.context.armed.fire_at_port(place, PORT, &key, relevant))
            .filter_map(|fired| match fired.fault {
                Fault::Dns(fault) => Some(fault),
                _ => None,
            })
            .collect()
    }
}

/// The question of `request`, or the code that answers what is no question for us.
fn question_of(request: &Request) -> Result<Question, ResponseCode> {
    if request.metadata.op_code != OpCode::Query {
        return Err(ResponseCode::NotImp);
    }
    let info = request
        .request_info()
        .map_err(|_not_one_question| ResponseCode::FormErr)?;
    if request.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        return Err(ResponseCode::BADVERS);
    }
    if info.query.query_class() != DNSClass::IN {
        return Err(ResponseCode::Refused);
    }
    let name = info.query.original().name().clone();
    let host = name.to_lowercase().to_ascii();
    Ok(Question {
        host: host.strip_suffix('.').unwrap_or(&host).to_owned(),
        name,
        record_type: info.query.query_type(),
        transport: match info.protocol {
            Protocol::Udp => Transport::Udp,
            _ => Transport::Tcp,
        },
    })
}

async fn refuse(
    request: &Request,
    code: ResponseCode,
    mut response: impl ResponseHandler,
) -> ResponseInfo {
    let message = Message {
        code,
        answers: Vec::new(),
        soa: None,
        shape: Shape::Whole,
    };
    send(request, &message, &mut response).await
}

async fn send(
    request: &Request,
    message: &Message,
    response: &mut impl ResponseHandler,
) -> ResponseInfo {
    let edns = match message.shape {
        // Nothing may follow the record that breaks off.
        Shape::Malformed => None,
        Shape::Whole | Shape::Truncated => request.edns.as_ref().map(|theirs| {
            let mut ours = Edns::new();
            ours.set_max_payload(
                theirs
                    .max_payload()
                    .clamp(SMALLEST_DATAGRAM, LARGEST_DATAGRAM),
            );
            ours
        }),
    };
    let mut metadata = Metadata::response_from_request(&request.metadata);
    metadata.recursion_available = true;
    metadata.response_code = message.code;
    metadata.truncation = message.shape == Shape::Truncated;
    let (answers, soa) = match message.shape {
        Shape::Truncated => (&[][..], None),
        Shape::Whole | Shape::Malformed => (&message.answers[..], message.soa.as_ref()),
    };
    let mut builder = MessageResponseBuilder::from_message_request(request);
    if let Some(edns) = &edns {
        builder.edns(edns);
    }
    response
        .send_response(builder.build(metadata, answers, [], soa, []))
        .await
        // The client is gone.
        .unwrap_or_else(|_closed| unsent(request))
}

/// What hickory wants to know about an answer, for one that was not sent.
fn unsent(request: &Request) -> ResponseInfo {
    hickory_proto::op::Header {
        metadata: Metadata::response_from_request(&request.metadata),
        counts: Default::default(),
    }
    .into()
}
