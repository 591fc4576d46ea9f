//! What a stream, its control and its pump share: the socket, and how the connection ended.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll, ready};

use futures_util::task::AtomicWaker;
use rustix::event::{PollFd, PollFlags};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, EventKind};
use crate::name::HostName;
use crate::recorder::Recorder;

/// How a connection ended, other than by its two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The fake sent FIN and reads no more.
    Closed,
    /// A toxic closed it; what has come through before can still be read.
    Cut,
    /// We sent RST, or the client did.
    Reset,
}

/// One accepted connection.
#[derive(Debug)]
pub(crate) struct Link {
    socket: Arc<TcpStream>,
    host: HostName,
    port: u16,
    recorder: Recorder,
    ended: OnceLock<Ended>,
    closing: CancellationToken,
    reader: AtomicWaker,
}

impl Link {
    pub(crate) fn new(socket: TcpStream, host: &HostName, port: u16, recorder: Recorder) -> Self {
        Self {
            socket: Arc::new(socket),
            host: host.clone(),
            port,
            recorder,
            ended: OnceLock::new(),
            closing: CancellationToken::new(),
            reader: AtomicWaker::new(),
        }
    }

    pub(crate) fn socket(&self) -> Arc<TcpStream> {
        Arc::clone(&self.socket)
    }

    /// Cancelled when the fake writes no more.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// How it ended, if it has; the task of `cx` is woken when it does.
    pub(crate) fn poll_ended(&self, cx: &task::Context<'_>) -> Option<Ended> {
        self.reader.register(cx.waker());
        self.ended()
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.ended.get().copied()
    }

    /// Records that a fault ended or stalled it.
    pub(crate) fn broken(&self, how: &str) {
        self.recorder.record(Event::new(
            &self.host,
            EventKind::Broken {
                port: self.port,
                how: how.to_owned(),
            },
        ));
    }

    /// Sends RST now, also where data is unread or unsent (RFC 9293 §3.10.5).
    pub(crate) fn reset(&self, how: &str) {
        if self.end(Ended::Reset) {
            self.broken(how);
        }
        // Disconnecting resets without a close, so whoever still holds the socket does not matter.
        if rustix::net::connect_unspec(&*self.socket).is_err() {
            // It was not connected any more.
            drop(self.socket.set_zero_linger());
        }
    }

    /// Notes how it ended, unless it had ended before; gives whether it had not.
    pub(crate) fn end(&self, ended: Ended) -> bool {
        let first = self.ended.set(ended).is_ok();
        self.reader.wake();
        first
    }

    /// Sends FIN after what was written.
    pub(crate) fn shut_down(&self) {
        // An error means that the connection is gone already.
        drop(socket2::SockRef::from(&*self.socket).shutdown(Shutdown::Write));
    }

    /// Sends FIN, then reads until the client has closed too: unread data would turn the FIN into RST.
    pub(crate) async fn drain(&self) {
        self.shut_down();
        let mut scratch = vec![0; 16 * 1024];
        while self.socket.readable().await.is_ok() {
            match self.socket.try_read(&mut scratch) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    /// Waits until the kernel has sent everything that was written, once at least.
    pub(crate) async fn sent(&self) {
        #[cfg(target_os = "linux")]
        {
            // From now on "writable" means that no unsent byte is left (tcp(7), TCP_NOTSENT_LOWAT).
            if socket2::SockRef::from(&*self.socket)
                .set_tcp_notsent_lowat(1)
                .is_err()
            {
                return;
            }
        }
        loop {
            let nothing_unsent = self.socket.try_io(Interest::WRITABLE, || {
                let mut polled = [PollFd::new(&*self.socket, PollFlags::OUT)];
                // Asking makes the kernel wake us when it changes; the readiness that tokio remembers is older.
                rustix::event::poll(&mut polled, Some(&rustix::event::Timespec::default()))?;
                if polled[0].revents().is_empty() {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            });
            match nothing_unsent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.socket.writable().await.is_err() {
                        return;
                    }
                }
                Ok(()) | Err(_) => return,
            }
        }
    }
}

/// The socket as a byte stream, through a shared handle.
#[derive(Debug)]
pub(crate) struct SocketEnd(Arc<TcpStream>);

impl SocketEnd {
    pub(crate) fn new(socket: Arc<TcpStream>) -> Self {
        Self(socket)
    }
}

impl AsyncRead for SocketEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read_buf(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(drop)),
            }
        }
    }
}

impl SocketEnd {
    fn poll_with(
        &self,
        cx: &mut task::Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match write(&self.0) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncWrite for SocketEnd {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |socket| socket.try_write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |socket| socket.try_write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(socket2::SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }
}
