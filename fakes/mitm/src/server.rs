//! A listening proxy.

use std::io;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::rules::Rules;
use crate::setup::ProxySetup;
use crate::site::ProxySite;
use crate::tunnel::Inside;
use crate::upstream::Upstream;
use modfault_kit::{Accepted, Bound, Context, serve};
use modfault_web::{Protocol, Server, Site, TlsSetup, serve_connection};

/// Serves the proxy `setup` on `bound` until `stop` is cancelled.
///
/// The faults and events are those of the host that `bound` belongs to, also for what passes inside a terminated
/// tunnel. An error means that the socket can accept no more.
pub async fn serve_proxy(
    bound: Bound,
    setup: ProxySetup,
    context: Context,
    stop: CancellationToken,
) -> io::Result<()> {
    let proxy = Arc::new(Proxy {
        outer: setup
            .tls
            .as_ref()
            .map(|tls| tls.clone().speaking(&[Protocol::Http1])),
        minting: setup
            .terminate
            .map(|authority| TlsSetup::new(Arc::clone(&setup.pki), authority, Vec::new())),
        setup,
        context: context.clone(),
        stop: stop.clone(),
    });
    serve(bound, context, stop, move |accepted| {
        let proxy = Arc::clone(&proxy);
        async move { proxy.connection(accepted).await }
    })
    .await
}

/// What every connection of one proxy shares.
struct Proxy {
    setup: ProxySetup,
    outer: Option<TlsSetup>,
    minting: Option<TlsSetup>,
    context: Context,
    stop: CancellationToken,
}

impl Proxy {
    async fn connection(&self, accepted: Accepted) {
        let upstream = Arc::new(Upstream::new(
            &accepted.host,
            self.setup.dial.clone(),
            Arc::clone(&self.setup.pki),
            self.context.clock.clone(),
            self.setup.upstream_timeout,
        ));
        let site = Arc::new(ProxySite::new(&self.setup, Arc::clone(&upstream)));
        let server = Server {
            host: accepted.host,
            port: accepted.port,
            sites: vec![Arc::clone(&site) as Arc<dyn Site>],
            context: self.context.clone(),
            stop: self.stop.clone(),
        };
        serve_connection(
            accepted.stream,
            accepted.control.clone(),
            self.outer.as_ref(),
            Arc::new(server.clone()),
        )
        .await;
        if let Some(tunnel) = site.take_tunnel() {
            let inside = Inside {
                minting: self.minting.clone(),
                server,
                upstream,
                rules: Rules::of(&self.setup),
                control: accepted.control,
            };
            tunnel.run(inside).await;
        }
    }
}
