//! Questions in, answers out.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use async_trait::async_trait;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use modfault_kit::fault::DnsFault;
use modfault_kit::{Context, Event, EventKind, Fault, HostName, send_at_once};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use crate::exchange::{question_of, refuse, send, send_under_another_id, unsent};
use crate::message::Shape;
use crate::reply::{Question, concerns, reply};
use crate::zones::Zones;

/// The port that faults select by; on loopback, in tests, the sockets' own differs.
const PORT: u16 = 53;

/// Answers that may wait to be written, for each connection.
pub(crate) const WAITING_ANSWERS: usize = 32;

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
    let socket = std::net::UdpSocket::from(udp.as_fd().try_clone_to_owned()?);
    let mut server = Server::new(Resolver {
        host,
        zones,
        context,
        socket: UdpSocket::from_std(socket)?,
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
    /// The one that datagrams come in by.
    socket: UdpSocket,
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
        if message.shape == Shape::OfAnotherId {
            return send_under_another_id(request, &message, &self.socket).await;
        }
        send(request, &message, &mut response).await
    }
}

impl Resolver {
    /// The faults that fire for `question`, those on its name first.
    fn fired(&self, question: &Question) -> Vec<DnsFault> {
        let key = format!("{} {}", question.record_type, question.host);
        let relevant = |fault: &Fault| matches!(fault, Fault::Dns(dns) if concerns(dns, question));
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
