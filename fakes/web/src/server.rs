//! A listening web server.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use modfault_kit::{Bound, Context, HostName, StreamControl, serve};

use crate::http::{Protocol, serve_http};
use crate::site::Site;
use crate::tls::{TlsSetup, handshake};

/// What every connection of one web server shares.
#[derive(Clone)]
pub struct Server {
    /// The host whose faults apply, and under whose name events are recorded.
    pub host: HostName,
    /// The port that clients see.
    pub port: u16,
    /// What is served; the first site that takes a request answers it.
    pub sites: Vec<Arc<dyn Site>>,
    /// The world.
    pub context: Context,
    /// Ends every connection when it is cancelled.
    pub stop: CancellationToken,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("sites", &self.sites.len())
            .finish_non_exhaustive()
    }
}

/// Serves `sites` on `bound`, over TLS where `tls` is given, until `stop` is cancelled.
///
/// An error means that the socket can accept no more.
pub async fn serve_web(
    bound: Bound,
    tls: Option<TlsSetup>,
    sites: Vec<Arc<dyn Site>>,
    context: Context,
    stop: CancellationToken,
) -> io::Result<()> {
    let server = Arc::new(Server {
        host: bound.host.clone(),
        port: bound.port,
        sites,
        context: context.clone(),
        stop: stop.clone(),
    });
    let tls = tls.map(Arc::new);
    serve(bound, context, stop, move |accepted| {
        let server = Arc::clone(&server);
        let tls = tls.clone();
        async move {
            serve_connection(accepted.stream, accepted.control, tls.as_deref(), server).await;
        }
    })
    .await
}

/// Serves one connection from its first byte to its last: TLS where `tls` is given, then HTTP.
///
/// `control` ends the connection below `stream`; for a tunnel it is the one that the tunnel runs in.
pub async fn serve_connection<S>(
    stream: S,
    control: StreamControl,
    tls: Option<&TlsSetup>,
    server: Arc<Server>,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stop = server.stop.clone();
    let serving = async move {
        match tls {
            None => serve_http(stream, control, "http", Protocol::Http1, server).await,
            Some(setup) => {
                if let Some((stream, protocol)) = handshake(stream, &control, setup, &server).await
                {
                    serve_http(stream, control, "https", protocol, server).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = serving => {}
    }
}
