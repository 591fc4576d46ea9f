//! How fakes reach each other: over sockets of the internet's own namespace.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::Pin;

use tokio::net::{TcpSocket, TcpStream};

use modfault_kit::toxic::is_down;
use modfault_kit::{Armed, Context, Dialer, HostName};
use modfault_sandbox::Broker;
use modfault_world::World;

/// Connects hosts of one world by name.
#[derive(Debug)]
pub(crate) struct WorldDialer {
    broker: Broker,
    armed: Armed,
    addresses: BTreeMap<String, Ipv4Addr>,
}

impl WorldDialer {
    pub(crate) fn new(broker: Broker, world: &World, context: &Context) -> Self {
        let addresses = world
            .hosts
            .iter()
            .map(|(name, host)| (name.to_string(), host.address))
            .collect();
        Self {
            broker,
            armed: context.armed.clone(),
            addresses,
        }
    }

    async fn connect(&self, from: &HostName, to: &str, port: u16) -> io::Result<TcpStream> {
        let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("no host `{to}`"));
        let address = match to.parse::<Ipv4Addr>() {
            Ok(address) => address,
            Err(_) => *self
                .addresses
                .get(&to.to_ascii_lowercase())
                .ok_or_else(unknown)?,
        };
        // Hosts reach each other without the wire, which is what refuses for a client.
        if HostName::parse(to).is_ok_and(|to| is_down(&self.armed, &to, port)) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let source = self.addresses.get(from.as_str()).copied();
        let socket = std::net::TcpStream::from(self.broker.tcp_socket(source)?);
        TcpSocket::from_std_stream(socket)
            .connect(SocketAddrV4::new(address, port).into())
            .await
    }
}

impl Dialer for WorldDialer {
    fn dial<'a>(
        &'a self,
        from: &'a HostName,
        to: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + 'a>> {
        Box::pin(self.connect(from, to, port))
    }
}
