//! Sockets of the internet side for connections that our process opens itself.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::control::{Control, What};

/// Hands out sockets of the internet side. Cloning gives another handle; it works until the sandbox ends.
#[derive(Clone, Debug)]
pub struct Broker {
    control: Arc<Control>,
}

impl Broker {
    pub(crate) fn new(control: Arc<Control>) -> Self {
        Self { control }
    }

    /// An unconnected, non-blocking TCP socket that connects from `bind_from`, a host's address, or from any.
    ///
    /// Wrap it (`tokio::net::TcpSocket::from_std_stream`) and connect it to the address of a host. When the sandbox has ended,
    /// the error is [`io::ErrorKind::BrokenPipe`] or a reset.
    pub fn tcp_socket(&self, bind_from: Option<Ipv4Addr>) -> io::Result<OwnedFd> {
        self.control.ask_for_one(What::TcpSocket(bind_from))
    }
}
