//! The TLS handshake of one connection, with its faults.
//!
//! The ClientHello is read first, so that the server name is known to the faults and to the timeline. What rustls would not
//! do is then written on the raw stream; everything else is a matter of its configuration.

mod late;
mod outcome;
mod raw;

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{Acceptor, ServerConfig, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{ProtocolVersion, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use modfault_kit::fault::{ChainFlaw, Fault, TlsFault};
use modfault_kit::{HostName, StreamControl};
use modfault_pki::{Authority, Pki, PkiError};

use self::late::{Alerts, Late};
use self::outcome::{Hello, Watched, why};
use self::raw::{alert_record, hello_of_tls_1_0, plain_http};
use crate::http::Protocol;
use crate::server::Server;

/// What a TLS server needs: who signs its certificate, and for which names.
#[derive(Clone)]
pub struct TlsSetup {
    pki: Arc<Pki>,
    authority: Authority,
    names: Vec<String>,
    protocols: Vec<Protocol>,
    provider: Arc<CryptoProvider>,
}

impl TlsSetup {
    /// A server called `names` with a certificate of `authority`, which speaks HTTP/2 and HTTP/1.1.
    pub fn new(pki: Arc<Pki>, authority: Authority, names: Vec<String>) -> Self {
        Self {
            pki,
            authority,
            names,
            protocols: vec![Protocol::Http2, Protocol::Http1],
            provider: Arc::new(ring::default_provider()),
        }
    }

    /// The same server with only these protocols, in the order of its preference.
    pub fn speaking(mut self, protocols: &[Protocol]) -> Self {
        self.protocols = protocols.to_vec();
        self
    }

    /// The same server under other names; for a proxy that mints a leaf for each host.
    pub fn for_names(&self, names: Vec<String>) -> Self {
        Self {
            names,
            ..self.clone()
        }
    }

    /// The configuration of one handshake.
    fn config(&self, faults: &Softened) -> Result<ServerConfig, TlsError> {
        let names = match &faults.answer_for {
            Some(name) => &vec![name.to_string()],
            None => &self.names,
        };
        let chain = self.pki.chain(self.authority, names, faults.flaw)?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?;
        let builder = if faults.client_certificate {
            let mut roots = RootCertStore::empty();
            roots.add(self.pki.root(Authority::Corporate)?)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(
                Arc::new(roots),
                Arc::clone(&self.provider),
            )
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        let certified = chain.certified_key().as_ref().clone();
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        // Each handshake is whole: what is seen of one connection does not hang on another.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        config.alpn_protocols = if faults.no_shared_alpn {
            vec![b"x-none".to_vec()]
        } else {
            self.protocols.iter().map(|one| alpn(*one)).collect()
        };
        Ok(config)
    }
}

impl fmt::Debug for TlsSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSetup")
            .field("authority", &self.authority)
            .field("names", &self.names)
            .field("protocols", &self.protocols)
            .finish_non_exhaustive()
    }
}

/// Why a handshake cannot even begin.
#[derive(Debug, thiserror::Error)]
enum TlsError {
    #[error("have a certificate")]
    Certificate(#[from] PkiError),
    #[error("configure TLS")]
    Configuration(#[from] rustls::Error),
}

/// The faults that a TLS library can be configured to have.
#[derive(Clone, Debug, Default)]
struct Softened {
    flaw: Option<ChainFlaw>,
    answer_for: Option<HostName>,
    no_shared_alpn: bool,
    client_certificate: bool,
}

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

    let key = format!("tls port {}", server.port);
    let fired = server
        .context
        .armed
        .fire_at_port(&server.host, server.port, &key, |fault| {
            matches!(fault, Fault::Tls(_))
        });
    let mut softened = Softened::default();
    for fired in fired {
        let Fault::Tls(fault) = fired.fault else {
            continue;
        };
        let Some(answer) = blunt(&fault, &mut softened) else {
            continue;
        };
        let bytes = answer.bytes(start.client_hello().cipher_suites());
        hello.failed(answer.outcome());
        let mut stream = start.io;
        // A client that is gone already has seen enough.
        if stream.write_all(&bytes).await.is_ok() {
            drop(stream.flush().await);
        }
        match answer {
            Blunt::Reset => control.reset(),
            Blunt::Stall => hold(stream).await,
            Blunt::Close => control.close(),
            // Dropping the stream closes it in an orderly way.
            Blunt::PlainHttp | Blunt::OldVersion | Blunt::Alert(_) => {}
        }
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
            Some((Watched::new(stream, hello), protocol))
        }
        Err((error, stream)) => {
            hello.failed(&why(&error));
            stream.release(&server.context.clock).await;
            None
        }
    }
}

/// What is written on the raw stream in place of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blunt {
    OldVersion,
    PlainHttp,
    Stall,
    Alert(modfault_kit::fault::Alert),
    Close,
    Reset,
}

impl Blunt {
    fn outcome(self) -> &'static str {
        match self {
            Self::OldVersion => "server speaks only tls 1.0",
            Self::PlainHttp => "server speaks plain http",
            Self::Stall => "stalled after the client hello",
            Self::Alert(alert) => raw::alert_outcome(alert),
            Self::Close => "closed after the client hello",
            Self::Reset => "reset after the client hello",
        }
    }

    fn bytes(self, offered: &[rustls::CipherSuite]) -> Vec<u8> {
        match self {
            Self::OldVersion => hello_of_tls_1_0(offered),
            Self::PlainHttp => plain_http(),
            Self::Alert(alert) => alert_record(alert).to_vec(),
            Self::Stall | Self::Close | Self::Reset => Vec::new(),
        }
    }
}

/// What `fault` writes on the raw stream, or else how it changes the configuration.
fn blunt(fault: &TlsFault, softened: &mut Softened) -> Option<Blunt> {
    match fault {
        TlsFault::Chain(flaw) => {
            softened.flaw.get_or_insert(*flaw);
        }
        TlsFault::AnswerFor(name) => {
            softened.answer_for.get_or_insert_with(|| name.clone());
        }
        TlsFault::NoSharedAlpn => softened.no_shared_alpn = true,
        TlsFault::ClientCertificate => softened.client_certificate = true,
        TlsFault::OldVersion => return Some(Blunt::OldVersion),
        TlsFault::PlainHttp => return Some(Blunt::PlainHttp),
        TlsFault::Stall => return Some(Blunt::Stall),
        TlsFault::Alert(alert) => return Some(Blunt::Alert(*alert)),
        TlsFault::Close => return Some(Blunt::Close),
        TlsFault::Reset => return Some(Blunt::Reset),
    }
    None
}

/// Reads what still comes until the client closes, and answers nothing.
async fn hold<S: AsyncRead + Unpin>(mut stream: S) {
    let mut scratch = [0; 1024];
    while matches!(stream.read(&mut scratch).await, Ok(count) if count > 0) {}
}

fn alpn(protocol: Protocol) -> Vec<u8> {
    match protocol {
        Protocol::Http1 => b"http/1.1".to_vec(),
        Protocol::Http2 => b"h2".to_vec(),
    }
}

fn version(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "1.3".to_owned(),
        other => format!("{other:?}"),
    }
}
