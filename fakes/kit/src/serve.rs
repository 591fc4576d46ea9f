//! Accepting connections: one loop for every server that speaks over TCP.

use std::future::Future;
use std::io;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::armed::Armed;
use crate::clock::Clock;
use crate::event::{Event, EventKind};
use crate::name::HostName;
use crate::recorder::Recorder;
use crate::stream::{Stream, StreamControl};

/// What every fake of one world shares.
#[derive(Clone, Debug)]
pub struct Context {
    /// The world's clock.
    pub clock: Clock,
    /// Where events go.
    pub recorder: Recorder,
    /// The faults.
    pub armed: Armed,
}

/// A bound socket of a host, and where it is in the small internet.
#[derive(Debug)]
pub struct Bound {
    /// The host it belongs to.
    pub host: HostName,
    /// The port that the client sees; on loopback, in tests, the socket's own differs.
    pub port: u16,
    /// The listening socket.
    pub listener: TcpListener,
}

/// An accepted connection, behind the stream faults of its host.
#[derive(Debug)]
pub struct Accepted {
    /// The bytes.
    pub stream: Stream,
    /// How to end it otherwise than orderly.
    pub control: StreamControl,
    /// The host it came to.
    pub host: HostName,
    /// The port it came to.
    pub port: u16,
}

/// Lets what is written on the connections of `listener` leave at once, for servers that accept by themselves.
///
/// Linux hands TCP_NODELAY on to accepted sockets. Without it, Nagle's algorithm and the client's delayed acknowledgements
/// wait for each other on a timer of the kernel's (RFC 1122 §4.2.3.4).
pub fn send_at_once(listener: &TcpListener) -> io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_nodelay(true)
}

/// Accepts connections from `bound` until `stop` is cancelled, and hands each to `handler`.
///
/// Each connection is a task of this server and ends with it. When its handler has returned, it is ended in an orderly
/// way ([`StreamControl::finish`]). Returns when all have ended; an error means that the socket or a handler broke.
pub async fn serve<H, F>(
    bound: Bound,
    context: Context,
    stop: CancellationToken,
    handler: H,
) -> io::Result<()>
where
    H: Fn(Accepted) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                ended.map_err(io::Error::other)?;
            }
            accepted = bound.listener.accept() => match accepted {
                Ok((socket, _peer)) => {
                    context.recorder.record(Event::new(&bound.host, EventKind::Accepted { port: bound.port }));
                    // An error means that the client has gone in the meantime.
                    if let Ok((stream, control)) = Stream::accept(socket, &bound.host, bound.port, &context) {
                        let after = control.clone();
                        let handled = handler(Accepted { stream, control, host: bound.host.clone(), port: bound.port });
                        let busy = context.recorder.busy();
                        connections.spawn(async move {
                            handled.await;
                            after.finish().await;
                            drop(busy);
                        });
                    }
                }
                // The client reset the connection while it was queued (accept(2)).
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            },
        }
    }
    connections.shutdown().await;
    Ok(())
}
