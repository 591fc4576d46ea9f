//! A connection behind the stream faults of its host.

pub(crate) mod link;

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fault::{Direction, Fault};
use crate::name::HostName;
use crate::serve::Context;
use crate::toxic::pump::pump;
use crate::toxic::{Chain, refuses};
use link::{Ended, Link, SocketEnd};

/// Bytes that the fake may write ahead of the toxics.
const PIPE: usize = 64 * 1024;

/// A connection whose bytes pass through the toxics that its host has.
///
/// Dropping it sends FIN after what was written. Where toxics hold bytes back, these leave as long as a
/// [`StreamControl`] of the connection lives; [`crate::serve()`] keeps one until all has left.
#[derive(Debug)]
pub struct Stream {
    end: StreamEnd,
    shared: Arc<Shared>,
}

/// Ends a [`Stream`] otherwise than by an orderly close. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StreamControl {
    shared: Arc<Shared>,
}

/// Where the fake's bytes go.
#[derive(Debug)]
enum StreamEnd {
    /// Without toxics: straight to the socket.
    Socket(SocketEnd),
    /// To the pump that carries them through the toxics.
    Pipe(DuplexStream),
}

#[derive(Debug)]
struct Shared {
    link: Arc<Link>,
    /// The pump's task, where there is one; it ends with the last handle to the connection.
    pump: Mutex<JoinSet<()>>,
}

impl StreamControl {
    /// Resets the connection (RST) at once; of what was written before, what is unsent is lost.
    pub fn reset(&self) {
        self.shared.link.reset("reset by fault");
    }

    /// Resets the connection (RST) once the kernel has sent all that was written before.
    ///
    /// Bytes that a toxic still holds are lost. Waits for as long as the client's window is closed.
    pub async fn reset_when_sent(&self) {
        self.shared.link.sent().await;
        self.shared.link.reset("reset by fault");
    }

    /// Closes the connection (FIN) after what was written before; the [`Stream`] ends for its reader as well.
    pub fn close(&self) {
        let link = &self.shared.link;
        if !link.end(Ended::Closed) {
            return;
        }
        link.broken("closed by fault");
        link.closing().cancel();
        if self.pump().is_empty() {
            link.shut_down();
        }
    }

    /// Ends the connection in an orderly way: lets out what toxics hold back, sends FIN and reads on until the client
    /// has closed, because data left unread would turn the FIN into RST. To be called when the fake is done with it.
    pub async fn finish(&self) {
        let mut pump = std::mem::take(&mut *self.pump());
        if pump.is_empty() {
            if self.shared.link.ended() != Some(Ended::Reset) {
                self.shared.link.drain().await;
            }
            return;
        }
        while let Some(ended) = pump.join_next().await {
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    fn pump(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.shared
            .pump
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream {
    /// Puts the toxics of `host` that fire for this connection around `socket`.
    ///
    /// `down` is not among them: by then the connection is accepted (see [`crate::toxic::is_down`]). An error means
    /// that the client is gone already.
    ///
    /// # Panics
    /// Outside a tokio runtime, where a toxic fires.
    pub fn accept(
        socket: TcpStream,
        host: &HostName,
        port: u16,
        context: &Context,
    ) -> io::Result<(Self, StreamControl)> {
        socket.set_nodelay(true)?;
        let toxics: Vec<_> = context
            .armed
            .fire_at_port(host, port, &format!("port {port}"), |fault| {
                matches!(fault, Fault::Tcp(_)) && !refuses(fault)
            })
            .into_iter()
            .filter_map(|fired| match fired.fault {
                Fault::Tcp(tcp) => Some(tcp),
                _ => None,
            })
            .collect();
        let link = Arc::new(Link::new(socket, host, port, context.recorder.clone()));
        let mut tasks = JoinSet::new();
        let end = if toxics.is_empty() {
            StreamEnd::Socket(SocketEnd::new(link.socket()))
        } else {
            let place = format!("{host} {port}");
            let chain =
                |direction| Chain::new(&toxics, direction, context.armed.seed(), place.as_str());
            let (near, far) = tokio::io::duplex(PIPE);
            tasks.spawn(pump(
                Arc::clone(&link),
                far,
                chain(Direction::Upstream),
                chain(Direction::Downstream),
                context.clock.clone(),
            ));
            StreamEnd::Pipe(near)
        };
        let shared = Arc::new(Shared {
            link,
            pump: Mutex::new(tasks),
        });
        let control = StreamControl {
            shared: Arc::clone(&shared),
        };
        Ok((Self { end, shared }, control))
    }

    fn broken_pipe<T>(&self) -> Option<Poll<io::Result<T>>> {
        let kind = match self.shared.link.ended()? {
            Ended::Closed | Ended::Cut => io::ErrorKind::BrokenPipe,
            Ended::Reset => io::ErrorKind::ConnectionReset,
        };
        Some(Poll::Ready(Err(kind.into())))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        match self.end {
            StreamEnd::Socket(_) => self.shared.link.shut_down(),
            // The pump sees its end of the pipe close.
            StreamEnd::Pipe(_) => {}
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.shared.link.poll_ended(cx) {
            Some(Ended::Closed) => return Poll::Ready(Ok(())),
            Some(Ended::Reset) => {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            Some(Ended::Cut) | None => {}
        }
        match &mut self.end {
            StreamEnd::Socket(socket) => Pin::new(socket).poll_read(cx, buf),
            StreamEnd::Pipe(pipe) => {
                let before = buf.filled().len();
                ready!(Pin::new(pipe).poll_read(cx, buf))?;
                if buf.filled().len() == before && self.shared.link.ended() == Some(Ended::Reset) {
                    return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(broken) = self.broken_pipe() {
            return broken;
        }
        match &mut self.end {
            StreamEnd::Socket(socket) => Pin::new(socket).poll_write(cx, buf),
            StreamEnd::Pipe(pipe) => Pin::new(pipe).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(broken) = self.broken_pipe() {
            return broken;
        }
        match &mut self.end {
            StreamEnd::Socket(socket) => Pin::new(socket).poll_write_vectored(cx, bufs),
            StreamEnd::Pipe(pipe) => Pin::new(pipe).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.end {
            StreamEnd::Socket(socket) => Pin::new(socket).poll_flush(cx),
            StreamEnd::Pipe(pipe) => Pin::new(pipe).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.end {
            StreamEnd::Socket(socket) => Pin::new(socket).poll_shutdown(cx),
            StreamEnd::Pipe(pipe) => Pin::new(pipe).poll_shutdown(cx),
        }
    }
}
