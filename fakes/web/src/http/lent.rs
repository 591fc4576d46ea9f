//! A connection that is lent to hyper, and how it is asked back.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How a fault ends a connection, once all that was written before is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By a FIN.
    Close,
    /// By a RST.
    Reset,
    /// By GOAWAY and a FIN.
    Goaway(Goaway),
    /// By these bytes and a FIN.
    Raw(Bytes),
}

/// A GOAWAY frame (RFC 9113 §6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Goaway {
    /// The last stream that the server has begun to work on.
    last_stream: u32,
    /// Why (RFC 9113 §7).
    code: u32,
}

impl Goaway {
    /// As a server sends it that shuts down: NO_ERROR, and the highest stream identifier there is.
    pub(crate) fn of_shutdown() -> Self {
        Self::with(0)
    }

    /// NO_ERROR, and nothing was begun.
    pub(crate) fn unbegun() -> Self {
        Self {
            last_stream: 0,
            code: 0,
        }
    }

    /// For the reason `code`; everything may have been begun.
    pub(crate) fn with(code: u32) -> Self {
        Self {
            last_stream: 0x7fff_ffff,
            code,
        }
    }

    /// The frame.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let header = [0, 0, 8, 7, 0, 0, 0, 0, 0];
        [
            header.as_slice(),
            &self.last_stream.to_be_bytes(),
            &self.code.to_be_bytes(),
        ]
        .concat()
    }
}

/// By which a request says that its connection ends. Pulled once; later pulls change nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breaker(Arc<Mutex<Option<Ending>>>);

impl Breaker {
    /// Asks for `ending`. Only to be called from the connection's own task, which looks after each step.
    pub(crate) fn pull(&self, ending: Ending) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(ending);
    }

    /// What was asked for.
    pub(crate) fn pulled(&self) -> Option<Ending> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A handle to a connection of which one is hyper's and one ours; never used by both at once.
#[derive(Debug)]
pub(crate) struct Lent<S>(Arc<Mutex<Slot<S>>>);

#[derive(Debug)]
struct Slot<S> {
    stream: S,
    /// The last write did not go through: hyper holds bytes that it has not got rid of.
    blocked: bool,
}

impl<S> Lent<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self(Arc::new(Mutex::new(Slot {
            stream,
            blocked: false,
        })))
    }

    /// The connection, when no other handle to it is left.
    pub(crate) fn take_back(self) -> Option<S> {
        let slot = Arc::into_inner(self.0)?.into_inner();
        Some(slot.unwrap_or_else(PoisonError::into_inner).stream)
    }

    fn slot(&self) -> MutexGuard<'_, Slot<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: AsyncWrite + Unpin> Lent<S> {
    /// Ready when everything that hyper had to write is in the kernel's hands, or when that has become impossible.
    pub(crate) fn poll_written(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut slot = self.slot();
        if slot.blocked {
            // The write that was refused has left its waker behind.
            return Poll::Pending;
        }
        Pin::new(&mut slot.stream).poll_flush(context).map(drop)
    }
}

impl<S> Clone for Lent<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lent<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.slot().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lent<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut slot = self.slot();
        let written = Pin::new(&mut slot.stream).poll_write(context, bytes);
        slot.blocked = written.is_pending();
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut slot = self.slot();
        let written = Pin::new(&mut slot.stream).poll_write_vectored(context, bytes);
        slot.blocked = written.is_pending();
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.slot().stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.slot().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.slot().stream).poll_shutdown(context)
    }
}
