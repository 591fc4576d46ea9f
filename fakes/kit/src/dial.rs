//! The seam for connections that a fake opens itself.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::TcpStream;

use crate::name::HostName;

/// Opens connections inside the small internet.
pub trait Dialer: Send + Sync {
    /// Connects from `from` to `port` of the host called `to`.
    ///
    /// An unknown name is [`io::ErrorKind::NotFound`].
    fn dial<'a>(
        &'a self,
        from: &'a HostName,
        to: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + 'a>>;
}

/// A shared [`Dialer`].
#[derive(Clone)]
pub struct Dial(Arc<dyn Dialer>);

impl Dial {
    /// Wraps `dialer`.
    pub fn new(dialer: impl Dialer + 'static) -> Self {
        Self(Arc::new(dialer))
    }

    /// Connects from `from` to `port` of the host called `to`. What is written leaves at once, as on accepted connections.
    pub async fn connect(&self, from: &HostName, to: &str, port: u16) -> io::Result<TcpStream> {
        let socket = self.0.dial(from, to, port).await?;
        // Nagle's algorithm together with delayed acknowledgements is a timer of the kernel's (RFC 1122 §4.2.3.4).
        socket.set_nodelay(true)?;
        Ok(socket)
    }
}

impl std::fmt::Debug for Dial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dial")
    }
}

/// A [`Dialer`] for tests on loopback: names are looked up in a table of socket addresses.
#[derive(Clone, Debug, Default)]
pub struct LoopbackDialer {
    addresses: std::collections::BTreeMap<(String, u16), std::net::SocketAddr>,
}

impl LoopbackDialer {
    /// Makes connections to `name:port` go to `address`.
    pub fn with(mut self, name: &str, port: u16, address: std::net::SocketAddr) -> Self {
        self.addresses.insert((name.to_owned(), port), address);
        self
    }
}

impl Dialer for LoopbackDialer {
    fn dial<'a>(
        &'a self,
        _from: &'a HostName,
        to: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + 'a>> {
        Box::pin(async move {
            match self.addresses.get(&(to.to_owned(), port)) {
                Some(address) => TcpStream::connect(address).await,
                None => Err(io::Error::new(
                    io::ErrorKind::NotFound,
                    format!("no host `{to}`"),
                )),
            }
        })
    }
}
