//! The faults that no TLS library can be configured to have.

use rustls::CipherSuite;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use modfault_kit::StreamControl;
use modfault_kit::fault::{Alert, TlsFault};

use super::raw::{alert_outcome, alert_record, hello_of_tls_1_0, plain_http};
use super::setup::Softened;

/// What is written on the raw stream in place of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blunt {
    OldVersion,
    PlainHttp,
    Stall,
    Alert(Alert),
    Close,
    Reset,
}

impl Blunt {
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::OldVersion => "server speaks only tls 1.0",
            Self::PlainHttp => "server speaks plain http",
            Self::Stall => "stalled after the client hello",
            Self::Alert(alert) => alert_outcome(alert),
            Self::Close => "closed after the client hello",
            Self::Reset => "reset after the client hello",
        }
    }

    /// Answers the ClientHello that offered these cipher suites, and ends the connection or holds it.
    pub(super) async fn answer<S>(
        self,
        offered: &[CipherSuite],
        mut stream: S,
        control: &StreamControl,
    ) where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // A client that is gone already has seen enough.
        if stream.write_all(&self.bytes(offered)).await.is_ok() {
            drop(stream.flush().await);
        }
        match self {
            Self::Reset => control.reset(),
            Self::Stall => hold(stream).await,
            Self::Close => control.close(),
            // Dropping the stream closes it in an orderly way.
            Self::PlainHttp | Self::OldVersion | Self::Alert(_) => {}
        }
    }

    fn bytes(self, offered: &[CipherSuite]) -> Vec<u8> {
        match self {
            Self::OldVersion => hello_of_tls_1_0(offered),
            Self::PlainHttp => plain_http(),
            Self::Alert(alert) => alert_record(alert).to_vec(),
            Self::Stall | Self::Close | Self::Reset => Vec::new(),
        }
    }
}

/// What `fault` writes on the raw stream, or else how it changes the configuration.
pub(super) fn blunt(fault: &TlsFault, softened: &mut Softened) -> Option<Blunt> {
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
        TlsFault::Http1Only => softened.http1_only = true,
        TlsFault::Http1AfterH2 => softened.http1_after_h2 = true,
    }
    None
}

/// Reads what still comes until the client closes, and answers nothing.
async fn hold<S: AsyncRead + Unpin>(mut stream: S) {
    let mut scratch = [0; 1024];
    while matches!(stream.read(&mut scratch).await, Ok(count) if count > 0) {}
}
