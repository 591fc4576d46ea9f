//! The connection below SSH: what the server says can be held back, and the end of its owner ends it.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use modfault_kit::{Clock, Hold, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What may pass from the server to the client. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Valve {
    shut: Arc<AtomicBool>,
    held: Arc<Mutex<Option<Hold>>>,
    /// Cancelled when the connection is to end for its server.
    pub(super) end: CancellationToken,
}

impl Valve {
    /// From now on nothing that the server says leaves it.
    pub(super) fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
    }

    /// Keeps `clock` from moving until the server says something: the SSH library waits for the next millisecond of the
    /// machine's before it says no.
    pub(super) fn hold(&self, clock: &Clock) {
        *self.held() = Some(clock.hold());
    }

    fn release(&self) {
        self.held().take();
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Hold>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Relaxed)
    }
}

/// A connection behind a [`Valve`].
pub(super) struct Gate {
    stream: Stream,
    valve: Valve,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    greeting: Option<Greeting>,
}

impl Gate {
    pub(super) fn new(stream: Stream, valve: Valve) -> Self {
        Self {
            stream,
            ended: Box::pin(valve.end.clone().cancelled_owned()),
            valve,
            greeting: None,
        }
    }

    /// Shuts the valve behind the server's first packet, which says what it can do and begins the key exchange.
    pub(super) fn only_greeting(mut self) -> Self {
        self.greeting = Some(Greeting::default());
        self
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.valve.release();
    }
}

impl AsyncRead for Gate {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Gate {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.valve.release();
        if self.valve.is_shut() {
            return Poll::Ready(Ok(buf.len()));
        }
        let Some(greeting) = self.greeting.clone() else {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        };
        let passing = greeting.part_of(buf);
        if passing == 0 {
            self.valve.shut();
            return Poll::Ready(Ok(buf.len()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &buf[..passing]);
        if let (Poll::Ready(Ok(count)), Some(greeting)) = (&written, &mut self.greeting) {
            greeting.pass(&buf[..*count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The version line and the first packet of a server (RFC 4253 §4.2, §6), as far as it has been written.
#[derive(Clone, Debug, Default)]
struct Greeting(Vec<u8>);

impl Greeting {
    /// How many bytes of `more` still belong to it.
    fn part_of(&self, more: &[u8]) -> usize {
        let mut all = self.0.clone();
        all.extend_from_slice(more);
        Self::length(&all).map_or(more.len(), |length| {
            length.saturating_sub(self.0.len()).min(more.len())
        })
    }

    fn pass(&mut self, written: &[u8]) {
        self.0.extend_from_slice(written);
    }

    /// Its length, once enough of it is known.
    fn length(bytes: &[u8]) -> Option<usize> {
        let line = bytes.iter().position(|byte| *byte == b'\n')? + 1;
        let packet: [u8; 4] = bytes.get(line..line + 4)?.try_into().ok()?;
        Some(line + 4 + usize::try_from(u32::from_be_bytes(packet)).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::Greeting;

    #[test]
    fn a_greeting_is_a_line_and_one_packet_however_it_is_cut() {
        let bytes = b"SSH-2.0-x\r\n\0\0\0\x02ab\0\0\0\x01c";
        let greeting = bytes.len() - 5;
        for cut in 0..greeting {
            let mut so_far = Greeting::default();
            assert_eq!(so_far.part_of(&bytes[..cut]), cut);
            so_far.pass(&bytes[..cut]);
            assert_eq!(so_far.part_of(&bytes[cut..]), greeting - cut, "{cut}");
        }
        let mut whole = Greeting::default();
        whole.pass(&bytes[..greeting]);
        assert_eq!(whole.part_of(b"more"), 0);
    }
}
