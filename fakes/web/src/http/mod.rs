//! Serving the requests of one connection.
//!
//! ```text
//!  hyper ── handle ── effects (fault → effect) ── Site
//!    │         └── Exchange, recorded when its answer is sent or broken off
//!    └── Lent ── the connection; a fault asks the Breaker to take it back and end it
//! ```

mod body;
mod effect;
mod exchange;
mod handle;
mod lent;
mod rewrite;

use std::future::{self, Future};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use modfault_kit::StreamControl;

use self::handle::{Link, handle};
use self::lent::{Breaker, Ending, Lent};
use crate::server::Server;

/// The version of HTTP on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1 (RFC 9112).
    Http1,
    /// HTTP/2 (RFC 9113).
    Http2,
}

/// Serves the HTTP requests that come in on `stream`, until the client closes it or a fault ends it.
///
/// `stream` is what is left after TLS, if any was; `scheme` is `http` or `https`; `control` ends the connection below.
pub async fn serve_http<S>(
    stream: S,
    control: StreamControl,
    scheme: &'static str,
    protocol: Protocol,
    server: Arc<Server>,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let lent = Lent::new(stream);
    let breaker = Breaker::default();
    let link = Link {
        scheme,
        protocol,
        breaker: breaker.clone(),
        requests: Arc::default(),
        server,
    };
    let service = service_fn(move |request| handle(link.clone(), request));
    let io = TokioIo::new(lent.clone());
    let (executor, streams) = Executor::new();
    let ending = match protocol {
        Protocol::Http1 => {
            let connection = http1::Builder::new()
                .auto_date_header(false)
                .header_read_timeout(None)
                .serve_connection(io, service)
                .with_upgrades();
            drive(connection, streams, &lent, &breaker).await
        }
        Protocol::Http2 => {
            let connection = http2::Builder::new(executor)
                .auto_date_header(false)
                .serve_connection(io, service);
            drive(connection, streams, &lent, &breaker).await
        }
    };
    // Nothing to take back: the connection has become a tunnel, and belongs to the site.
    if let Some(stream) = lent.take_back() {
        end(stream, &control, protocol, ending).await;
    }
}

/// Runs `connection` with its HTTP/2 streams until it ends, or until the breaker was pulled and all before it is written.
async fn drive<C, S>(
    connection: C,
    mut new_streams: mpsc::UnboundedReceiver<StreamTask>,
    lent: &Lent<S>,
    breaker: &Breaker,
) -> Option<Ending>
where
    C: Future<Output = hyper::Result<()>>,
    S: AsyncWrite + Unpin,
{
    let mut connection = pin!(connection);
    let mut streams = FuturesUnordered::new();
    future::poll_fn(|context| {
        loop {
            while let Ok(stream) = new_streams.try_recv() {
                streams.push(stream);
            }
            while let Poll::Ready(Some(())) = streams.poll_next_unpin(context) {}
            // An error is the client's going away or its breaking the protocol; its exchanges have recorded that.
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(breaker.pulled());
            }
            if let Some(ending) = breaker.pulled()
                && lent.poll_written(context).is_ready()
            {
                return Poll::Ready(Some(ending));
            }
            if new_streams.is_empty() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Ends a connection that hyper has left, so that the client sees the end that is meant.
async fn end<S>(mut stream: S, control: &StreamControl, protocol: Protocol, ending: Option<Ending>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match ending {
        Some(Ending::Reset) => {
            if protocol == Protocol::Http2 {
                await_client(&mut stream).await;
            }
            control.reset_when_sent().await;
        }
        Some(Ending::Close) => control.close(),
        Some(Ending::Goaway(frame)) => last_words(stream, &frame.bytes(), control).await,
        Some(Ending::Raw(bytes)) => last_words(stream, &bytes, control).await,
        // Dropping the stream is an orderly close, if hyper has not done it.
        None => {}
    }
}

/// Sends `bytes` and closes the connection. A client that is gone cannot be told, and need not be.
async fn last_words<S>(mut stream: S, bytes: &[u8], control: &StreamControl)
where
    S: AsyncWrite + Unpin,
{
    if stream.write_all(bytes).await.is_ok() {
        drop(stream.flush().await);
    }
    control.close();
}

/// Waits until an HTTP/2 client has read all that was sent, by a PING (RFC 9113 §6.7), or has gone.
///
/// Such a client writes on its own account, to acknowledge settings. A reset that comes before would fail that write, or
/// the reading of the answer, at random.
async fn await_client<S>(stream: &mut S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    const OPAQUE: &[u8; 8] = b"modfault";
    let frame = |flags| [&[0, 0, 8, 6, flags, 0, 0, 0, 0], OPAQUE.as_slice()].concat();
    let acknowledged = frame(1);
    if stream.write_all(&frame(0)).await.is_err() || stream.flush().await.is_err() {
        return;
    }
    let mut last = Vec::new();
    while !last.ends_with(&acknowledged) {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        last.push(byte);
        if last.len() > acknowledged.len() {
            last.remove(0);
        }
    }
}

/// One HTTP/2 stream at work.
type StreamTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Gives the streams of an HTTP/2 connection to the task of the connection: they end with it.
#[derive(Clone)]
struct Executor(mpsc::UnboundedSender<StreamTask>);

impl Executor {
    fn new() -> (Self, mpsc::UnboundedReceiver<StreamTask>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }
}

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        // The receiver outlives the connection that calls this.
        drop(self.0.send(Box::pin(stream)));
    }
}
