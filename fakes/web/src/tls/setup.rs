//! What a TLS server has, and the faults that are a matter of its configuration.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{NoServerSessionStorage, ServerConfig, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;

use modfault_kit::HostName;
use modfault_kit::fault::ChainFlaw;
use modfault_pki::{Authority, Pki, PkiError};

use crate::http::Protocol;

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
    pub(super) fn config(&self, faults: &Softened) -> Result<ServerConfig, TlsError> {
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
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.alpn_protocols = if faults.no_shared_alpn {
            vec![b"x-none".to_vec()]
        } else if faults.http1_only {
            vec![alpn(Protocol::Http1)]
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
pub(super) enum TlsError {
    #[error("have a certificate")]
    Certificate(#[from] PkiError),
    #[error("configure TLS")]
    Configuration(#[from] rustls::Error),
}

/// The faults that a TLS library can be configured to have.
#[derive(Clone, Debug, Default)]
pub(super) struct Softened {
    pub(super) flaw: Option<ChainFlaw>,
    pub(super) answer_for: Option<HostName>,
    pub(super) no_shared_alpn: bool,
    pub(super) client_certificate: bool,
    pub(super) http1_only: bool,
    pub(super) http1_after_h2: bool,
}

fn alpn(protocol: Protocol) -> Vec<u8> {
    match protocol {
        Protocol::Http1 => b"http/1.1".to_vec(),
        Protocol::Http2 => b"h2".to_vec(),
    }
}
