//! What a server sends and signs with.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

/// A certificate chain, leaf first, with the leaf's key.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The certificates in the order in which they are sent; the root is not among them.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The leaf's private key as PKCS #8, for servers that take a key file.
    pub key: Arc<PrivateKeyDer<'static>>,
    pub(crate) certified: Arc<CertifiedKey>,
}

impl Chain {
    /// The chain in the form that a rustls server takes.
    pub fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.certified)
    }
}
