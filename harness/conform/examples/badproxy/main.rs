//! A GOPROXY server that keeps every rule, and breaks the ones that its arguments name: what `modfault conform` is tested with.
//!
//! It is told of its world by the variables that every subject has.

mod fault;
mod proxy;
mod upstream;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::fault::Fault;
use self::proxy::Proxy;
use self::upstream::Upstream;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let faults: Result<BTreeSet<Fault>, String> = std::env::args()
        .skip(1)
        .map(|word| Fault::named(&word).ok_or(format!("no fault is called `{word}`")))
        .collect();
    let upstream = Upstream::at(
        &std::env::var("MODFAULT_UPSTREAM")?,
        &std::env::var("MODFAULT_CA_FILE")?,
    )?;
    let proxy = Arc::new(Proxy::new(upstream, faults?));
    let listen = std::env::var("MODFAULT_LISTEN")?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(&listen, proxy))
}

async fn serve(listen: &str, proxy: Arc<Proxy>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind(listen).await?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let proxy = Arc::clone(&proxy);
        let service = service_fn(move |request: Request<Incoming>| {
            let proxy = Arc::clone(&proxy);
            async move { Ok::<_, std::convert::Infallible>(proxy.answer(&request).await) }
        });
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}
