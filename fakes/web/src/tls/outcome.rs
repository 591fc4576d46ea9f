//! What became of a handshake, in stable words, once it is known.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::{AlertDescription, PeerIncompatible};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use modfault_kit::event::Outcome;
use modfault_kit::{Event, EventKind, HostName, Recorder};

use crate::server::Server;

/// A handshake under way, recorded once.
#[derive(Debug)]
pub(crate) struct Hello {
    recorder: Recorder,
    host: HostName,
    port: u16,
    pub(crate) sni: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) alpn: Option<String>,
    recorded: bool,
}

impl Hello {
    pub(crate) fn new(server: &Server) -> Self {
        Self {
            recorder: server.context.recorder.clone(),
            host: server.host.clone(),
            port: server.port,
            sni: None,
            version: None,
            alpn: None,
            recorded: false,
        }
    }

    pub(crate) fn done(&mut self) {
        self.record(Outcome::Done);
    }

    pub(crate) fn failed(&mut self, how: &str) {
        self.record(Outcome::Failed(how.to_owned()));
    }

    fn record(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.recorded, true) {
            self.recorder.record(Event::new(
                &self.host,
                EventKind::Tls {
                    port: self.port,
                    sni: self.sni.clone(),
                    version: self.version.clone(),
                    alpn: self.alpn.clone(),
                    outcome,
                },
            ));
        }
    }
}

/// A TLS stream whose handshake counts as done when the first application byte comes.
///
/// In TLS 1.3 the server is done before the client has looked at the certificate: its rejection arrives as an alert where
/// data is expected (RFC 8446 §4.4.2.4).
#[derive(Debug)]
pub(crate) struct Watched<S> {
    stream: S,
    hello: Option<Hello>,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, hello: Hello) -> Self {
        Self {
            stream,
            hello: Some(hello),
        }
    }
}

impl<S> Drop for Watched<S> {
    fn drop(&mut self) {
        // Nobody complained while the connection was there.
        if let Some(mut hello) = self.hello.take() {
            hello.done();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(result) = &read
            && let Some(mut hello) = self.hello.take()
        {
            match result {
                Ok(()) if buffer.filled().len() > before => hello.done(),
                Ok(()) => hello.failed(CLOSED),
                Err(error) => hello.failed(&why(error)),
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

const CLOSED: &str = "closed by client";

/// `error` in words. A FIN and a RST are the same here: which of them a client's going away becomes is a race.
pub(crate) fn why(error: &io::Error) -> String {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        None => CLOSED.to_owned(),
        Some(rustls::Error::AlertReceived(alert)) => {
            format!("client sent alert {}", alert_name(*alert))
        }
        Some(rustls::Error::NoApplicationProtocol) => "no shared application protocol".to_owned(),
        Some(rustls::Error::NoCertificatesPresented) => "client sent no certificate".to_owned(),
        Some(rustls::Error::PeerIncompatible(
            PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::SupportedVersionsExtensionRequired
            // TLS 1.1 has no such extension, and rustls misses it before it looks at the version.
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
        )) => "no shared version".to_owned(),
        Some(rustls::Error::PeerIncompatible(_)) => "nothing in common with the client".to_owned(),
        Some(rustls::Error::InvalidMessage(_)) => "client did not speak tls".to_owned(),
        Some(_) => "client broke the protocol".to_owned(),
    }
}

/// The name of `alert` in RFC 8446 §6, or its number.
fn alert_name(alert: AlertDescription) -> String {
    let code = u8::from(alert);
    let name = match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        90 => "user_canceled",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return code.to_string(),
    };
    name.to_owned()
}
