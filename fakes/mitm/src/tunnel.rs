//! What becomes of a connection after CONNECT.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::rules::Rules;
use crate::site::TunnelSite;
use crate::target::Target;
use crate::upstream::Upstream;
use modfault_kit::StreamControl;
use modfault_web::{Server, TlsSetup, serve_connection};

/// A tunnel that the client was told it has.
pub(crate) enum Tunnel {
    /// Its bytes are passed on.
    Passed {
        upgrade: OnUpgrade,
        socket: TcpStream,
    },
    /// The proxy is the server that its client speaks to.
    Terminated { upgrade: OnUpgrade, target: Target },
}

/// What a terminated tunnel is served with.
pub(crate) struct Inside {
    /// A server that signs with the proxy's authority.
    pub(crate) minting: Option<TlsSetup>,
    /// The proxy's own server; its host is where the exchanges within the tunnel are seen.
    pub(crate) server: Server,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) rules: Rules,
    pub(crate) control: StreamControl,
}

impl Tunnel {
    /// Runs until either side has closed it.
    pub(crate) async fn run(self, inside: Inside) {
        match self {
            Self::Passed { upgrade, socket } => {
                // An error means that the client went away before the tunnel was there.
                if let Ok(client) = upgrade.await {
                    pass(TokioIo::new(client), socket).await;
                }
            }
            Self::Terminated { upgrade, target } => {
                if let (Ok(client), Some(minting)) = (upgrade.await, inside.minting) {
                    let tls = minting.for_names(vec![target.host.clone()]);
                    let server = Arc::new(Server {
                        port: target.port,
                        sites: vec![Arc::new(TunnelSite {
                            target,
                            rules: inside.rules,
                            upstream: inside.upstream,
                        })],
                        ..inside.server
                    });
                    let client = TokioIo::new(client);
                    serve_connection(client, inside.control, Some(&tls), server).await;
                }
            }
        }
    }
}

/// Carries bytes both ways until both have ended, or one has broken.
async fn pass<S>(mut client: S, mut socket: TcpStream)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if copy_bidirectional(&mut client, &mut socket).await.is_ok() {
        return;
    }
    // What is still unread must not turn the FIN into RST. A client that is gone needs neither.
    drop(socket);
    if client.shutdown().await.is_ok() {
        let mut scratch = [0; 1024];
        while matches!(client.read(&mut scratch).await, Ok(count) if count > 0) {}
    }
}
