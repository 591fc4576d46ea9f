//! Listeners that accept nothing, and whose queue is full before the client comes.
//!
//! The kernel is the real one: it lets a SYN fall when more connections wait than the listener has room for (listen(2)).

use std::io;
use std::net::{SocketAddrV4, TcpListener};

use tokio::io::unix::AsyncFd;
use tokio::net::{TcpSocket, TcpStream};

use modfault_sandbox::Sandbox;
use modfault_world::{Serves, World};

use crate::error::RunError;

/// A listener and the connection that waits in its queue; the port is overloaded for as long as it lives.
pub(crate) struct Overloaded {
    _listener: AsyncFd<TcpListener>,
    _waiting: TcpStream,
}

/// Every port of `world` at which nobody accepts.
pub(crate) fn ports(world: &World) -> impl Iterator<Item = SocketAddrV4> {
    world.hosts.values().flat_map(|host| {
        let listeners = host.listeners.iter();
        let overloaded = listeners.filter(|(_, listener)| listener.serves == Serves::Nobody);
        overloaded.map(|(port, _)| SocketAddrV4::new(host.address, *port))
    })
}

/// Binds those ports and fills their queues.
pub(crate) async fn overload(
    world: &World,
    sandbox: &Sandbox,
) -> Result<Vec<Overloaded>, RunError> {
    let mut all = Vec::new();
    for address in ports(world) {
        all.push(
            fill(sandbox, address)
                .await
                .map_err(|source| RunError::System {
                    operation: "fill the queue of a listener",
                    source,
                })?,
        );
    }
    Ok(all)
}

#[expect(
    deprecated,
    reason = "a listener owns its descriptor, so nothing is unsound; what replaces it is unsafe"
)]
fn watched(listener: TcpListener) -> io::Result<AsyncFd<TcpListener>> {
    AsyncFd::new(listener)
}

async fn fill(sandbox: &Sandbox, address: SocketAddrV4) -> io::Result<Overloaded> {
    // No room beside the one connection that every queue takes.
    let listener = watched(sandbox.bind_tcp_with_queue(address, 0)?)?;
    let socket = std::net::TcpStream::from(sandbox.broker().tcp_socket(None)?);
    let waiting = TcpSocket::from_std_stream(socket)
        .connect(address.into())
        .await?;
    // It waits there once the listener has something to accept.
    drop(listener.readable().await?);
    Ok(Overloaded {
        _listener: listener,
        _waiting: waiting,
    })
}
