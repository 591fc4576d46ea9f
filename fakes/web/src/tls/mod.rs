//! The TLS handshake of one connection, with its faults.
//!
//! The ClientHello is read first, so that the server name is known to the faults and to the timeline. What rustls would not
//! do is then written on the raw stream; everything else is a matter of its configuration.

mod blunt;
mod late;
mod outcome;
mod preface;
mod raw;
mod setup;

use std::io;
use std::sync::Arc;

use rustls::ProtocolVersion;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use modfault_kit::StreamControl;
use modfault_kit::fault::Fault;

use self::blunt::{Blunt, blunt};
use self::late::{Alerts, Late};
use self::outcome::{Hello, Watched, why};
use self::preface::refuse_preface;
use self::setup::Softened;
pub use self::setup::TlsSetup;
use crate::http::Protocol;
use crate::server::Server;

/// Does the handshake on `stream`. `None` when there is no connection to serve: what became of it is recorded.
pub(crate) async fn handshake<S>(
    stream: S,
    control: &StreamControl,
    setup: &TlsSetup,
    server: &Server,
) -> Option<(Watched<TlsStream<Late<S>>>, Protocol)>
where
    S: AsyncRead + AsyncWrite + Send + Unpin,
{
    let mut hello = Hello::new(server);
    let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let start = match (&mut acceptor).await {
        Ok(start) => start,
        Err(error) => {
            // A client that came and went without a word has said nothing about TLS.
            if error.kind() == io::ErrorKind::InvalidData {
                hello.failed(&why(&error));
            }
            return None;
        }
    };
    hello.sni = start.client_hello().server_name().map(str::to_owned);

    let mut softened = Softened::default();
    if let Some(blunt) = fire(server, &mut softened) {
        hello.failed(blunt.outcome());
        let offered = start.client_hello().cipher_suites().to_vec();
        blunt.answer(&offered, start.io, control).await;
        return None;
    }
    let config = match setup.config(&softened) {
        Ok(config) => config,
        Err(error) => {
            hello.failed(&format!("the server failed to {error}"));
            return None;
        }
    };
    let alerts = if softened.client_certificate {
        Alerts::Held
    } else {
        Alerts::AtOnce
    };
    let start = StartHandshake::from_parts(start.accepted, Late::new(start.io, alerts));
    let accepting = start.into_stream(Arc::new(config)).into_fallible();
    match accepting.await {
        Ok(mut stream) => {
            stream.get_mut().0.open();
            let connection = stream.get_ref().1;
            hello.version = connection.protocol_version().map(version);
            let protocol = connection.alpn_protocol();
            hello.alpn = protocol.map(|name| String::from_utf8_lossy(name).into_owned());
            let protocol = match protocol {
                Some(b"h2") => Protocol::Http2,
                _ => Protocol::Http1,
            };
            let stream = Watched::new(stream, hello);
            if softened.http1_after_h2 && protocol == Protocol::Http2 {
                refuse_preface(stream, server).await;
                return None;
            }
            Some((stream, protocol))
        }
        Err((error, stream)) => {
            hello.failed(&why(&error));
            stream.release(&server.context.clock).await;
            None
        }
    }
}

/// The first blunt fault that fires for a connection; without one, `softened` has what the others make of the configuration.
fn fire(server: &Server, softened: &mut Softened) -> Option<Blunt> {
    let key = format!("tls port {}", server.port);
    server
        .context
        .armed
        .fire_at_port(&server.host, server.port, &key, |fault| {
            matches!(fault, Fault::Tls(_))
        })
        .into_iter()
        .find_map(|fired| match fired.fault {
            Fault::Tls(fault) => blunt(&fault, softened),
            _ => None,
        })
}

fn version(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}
