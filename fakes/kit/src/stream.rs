//! A connection behind the stream faults of its host.

use std::io;
use std::pin::Pin;
use std::task::{self, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::name::HostName;
use crate::serve::Context;

/// A connection whose bytes pass through the toxics that its host has.
#[derive(Debug)]
pub struct Stream {
    socket: TcpStream,
}

/// Ends a [`Stream`] otherwise than by an orderly close. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StreamControl {}

impl StreamControl {
    /// Resets the connection (RST) at once; what was written before has been handed to the kernel.
    pub fn reset(&self) {}

    /// Closes the connection (FIN) after what was written before.
    pub fn close(&self) {}
}

impl Stream {
    /// Puts the toxics of `host` that fire for this connection around `socket`.
    pub fn accept(
        socket: TcpStream,
        _host: &HostName,
        _port: u16,
        _context: &Context,
    ) -> io::Result<(Self, StreamControl)> {
        socket.set_nodelay(true)?;
        Ok((Self { socket }, StreamControl {}))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
