//! The caching resolver on the client: it listens in the client's network, and its questions cross the wire like any other.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::pin::Pin;

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use modfault_dns::{StubCache, StubSetup, serve_stub};
use modfault_kit::{Context, Dial, Dialer, HostName};
use modfault_sandbox::{Broker, Sandbox};
use modfault_world::{STUB_RESOLVER, STUB_RESOLVER_ADDRESS, World};

use crate::error::RunError;

/// The port of name servers.
const PORT: u16 = 53;

/// Starts the client's own resolver where `world` has one; what it keeps can then be flushed.
pub(crate) fn start(
    world: &World,
    sandbox: &Sandbox,
    context: &Context,
    stop: &CancellationToken,
    tasks: &mut JoinSet<io::Result<()>>,
) -> Result<Option<StubCache>, RunError> {
    let Some(spec) = &world.client.stub_resolver else {
        return Ok(None);
    };
    let failed = |source| RunError::System {
        operation: "start the client's own resolver",
        source,
    };
    let host = HostName::parse(STUB_RESOLVER).map_err(|source| failed(io::Error::other(source)))?;
    let at_port = |addresses: Vec<Ipv4Addr>| -> Vec<SocketAddrV4> {
        let addresses = addresses.into_iter();
        addresses
            .map(|address| SocketAddrV4::new(address, PORT))
            .collect()
    };
    let upstreams = at_port(spec.upstreams());
    let routes = spec.routes.iter();
    let routes = routes
        .map(|(domain, servers)| (domain.clone(), at_port(servers.clone())))
        .collect();
    let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    let sockets = StubSetup::servers(&upstreams, &routes).into_iter();
    let sockets: io::Result<BTreeMap<_, _>> = sockets
        .map(|server| {
            let socket = sandbox.bind_client_udp(any).and_then(UdpSocket::from_std)?;
            Ok((server, socket))
        })
        .collect();
    let own = SocketAddrV4::new(STUB_RESOLVER_ADDRESS, PORT);
    let udp = sandbox.bind_client_udp(own).and_then(UdpSocket::from_std);
    let tcp = sandbox.bind_client_tcp(own).and_then(TcpListener::from_std);
    let cache = StubCache::with(&spec.stale, spec.stale_for());
    let setup = StubSetup {
        host,
        upstreams,
        routes,
        sockets: sockets.map_err(failed)?,
        dial: Dial::new(ClientDialer(sandbox.client_broker())),
        cache: cache.clone(),
    };
    tasks.spawn(serve_stub(
        udp.map_err(failed)?,
        tcp.map_err(failed)?,
        setup,
        context.clone(),
        stop.clone(),
    ));
    Ok(Some(cache))
}

/// Connects from the client to addresses.
struct ClientDialer(Broker);

impl Dialer for ClientDialer {
    fn dial<'a>(
        &'a self,
        _from: &'a HostName,
        to: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + 'a>> {
        Box::pin(async move {
            let address: Ipv4Addr = to.parse().map_err(io::Error::other)?;
            let socket = std::net::TcpStream::from(self.0.tcp_socket(None)?);
            TcpSocket::from_std_stream(socket)
                .connect(SocketAddrV4::new(address, port).into())
                .await
        })
    }
}
