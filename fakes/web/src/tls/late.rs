//! A stream on which an alert that ends a handshake can be held back.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use modfault_kit::Clock;

/// How long an alert stays behind: enough for a client to have sent its request.
const DELAY: Duration = Duration::from_millis(50);

/// The content type of a handshake record (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// Whether the alert that answers the client's last flight leaves at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alerts {
    /// It does.
    AtOnce,
    /// It waits until [`Late::release`].
    Held,
}

/// A stream below a TLS server.
///
/// In TLS 1.3 a client is done when it has sent its last flight, certificate included, and goes on to its request. An alert
/// that is there before the request goes out gives another error than one that comes after it; from a server that is
/// further away than loopback it comes after.
#[derive(Debug)]
pub(crate) struct Late<S> {
    stream: S,
    alerts: Alerts,
    /// Something was written.
    written: bool,
    /// The peer has answered what was written.
    answered: bool,
    held: Vec<u8>,
}

impl<S> Late<S> {
    pub(crate) fn new(stream: S, alerts: Alerts) -> Self {
        Self {
            stream,
            alerts,
            written: false,
            answered: false,
            held: Vec::new(),
        }
    }

    /// Whether `bytes` are to stay behind. A second ServerHello, after a HelloRetryRequest, is not.
    fn holds(&self, bytes: &[u8]) -> bool {
        self.alerts == Alerts::Held
            && self.answered
            && bytes.first().is_some_and(|first| *first != HANDSHAKE)
    }

    /// Lets everything pass from now on.
    pub(crate) fn open(&mut self) {
        self.alerts = Alerts::AtOnce;
    }
}

impl<S: AsyncWrite + Unpin> Late<S> {
    /// Sends what was held back, when its time has come.
    pub(crate) async fn release(mut self, clock: &Clock) {
        if self.held.is_empty() {
            return;
        }
        clock.sleep(DELAY).await;
        // A client that is gone has seen enough.
        if self.stream.write_all(&self.held).await.is_ok() {
            drop(self.stream.flush().await);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Late<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.answered = self.written;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Late<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.holds(bytes) {
            self.held.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        self.written = true;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = bytes.iter().find(|slice| !slice.is_empty());
        if let Some(first) = first
            && self.holds(first)
        {
            self.held.extend_from_slice(first);
            return Poll::Ready(Ok(first.len()));
        }
        self.written = true;
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
