//! Sockets of one side for connections that our process opens itself.

use std::io;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::command::Place;
use crate::control::{Control, What};

/// Hands out sockets of one side's network. Cloning gives another handle; it works until the sandbox ends.
#[derive(Clone, Debug)]
pub struct Broker {
    control: Arc<Control>,
    place: Place,
}

impl Broker {
    pub(crate) fn new(control: Arc<Control>, place: Place) -> Self {
        Self { control, place }
    }

    /// An unconnected, non-blocking TCP socket that connects from `bind_from`, an address of that side, or from any.
    ///
    /// Wrap it (`tokio::net::TcpSocket::from_std_stream`) and connect it to the address of a host. When the sandbox has ended,
    /// the error is [`io::ErrorKind::BrokenPipe`] or a reset.
    pub fn tcp_socket(&self, bind_from: Option<Ipv4Addr>) -> io::Result<OwnedFd> {
        let what = What::TcpSocket(self.place, bind_from);
        self.control.ask_for_one(what)
    }
}
