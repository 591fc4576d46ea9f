//! The public key infrastructure of one seed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;

use crate::authority::{Authority, Issuers};
use crate::chain::Chain;
use crate::leaf;
use modfault_kit::Seed;
use modfault_kit::fault::ChainFlaw;

/// Why a certificate cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// The name cannot stand in a certificate.
    #[error("put `{name}` into a certificate")]
    Name {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        source: rcgen::Error,
    },
    /// The certificate cannot be encoded or signed.
    #[error("make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not take the key.
    #[error("load the key of a certificate")]
    Key {
        /// What it says.
        source: rustls::Error,
    },
}

/// Every authority and chain of one seed. What was made is kept, so that asking again costs nothing.
///
/// Two `Pki` of the same seed give the same bytes. It is made to be shared between worlds and threads.
pub struct Pki {
    seed: Seed,
    issuers: Mutex<BTreeMap<Authority, Arc<Issuers>>>,
    chains: Mutex<BTreeMap<Order, Chain>>,
}

/// What tells one chain from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    authority: Authority,
    names: Vec<String>,
    flaw: Option<ChainFlaw>,
}

impl Pki {
    /// The infrastructure of `seed`; nothing is made before it is asked for.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            issuers: Mutex::default(),
            chains: Mutex::default(),
        }
    }

    /// The root certificate of `authority`.
    pub fn root(&self, authority: Authority) -> Result<CertificateDer<'static>, PkiError> {
        Ok(self.issuers(authority)?.root.clone())
    }

    /// The root certificate of `authority` as PEM (RFC 7468 §5), as a trust store holds it.
    pub fn root_pem(&self, authority: Authority) -> Result<String, PkiError> {
        Ok(pem("CERTIFICATE", &self.root(authority)?))
    }

    /// The revocation lists of `authority` as PEM: of the certificate that signs its leaves, and of its root.
    pub fn revocation_lists(&self, authority: Authority) -> Result<String, PkiError> {
        Ok(self.issuers(authority)?.revocation_lists.clone())
    }

    /// The chain that `authority` gives a server called `names` (DNS names or IP addresses), with `flaw` if any.
    ///
    /// The flaws [`ChainFlaw::UnknownRoot`] and [`ChainFlaw::CorporateRoot`] replace `authority`.
    pub fn chain(
        &self,
        authority: Authority,
        names: &[String],
        flaw: Option<ChainFlaw>,
    ) -> Result<Chain, PkiError> {
        let authority = if flaw == Some(ChainFlaw::UnknownRoot) {
            Authority::Unknown
        } else if flaw == Some(ChainFlaw::CorporateRoot) {
            Authority::Corporate
        } else {
            authority
        };
        let order = Order {
            authority,
            names: names.to_vec(),
            flaw,
        };
        if let Some(chain) = lock(&self.chains).get(&order) {
            return Ok(chain.clone());
        }
        let issuers = self.issuers(authority)?;
        let label = format!("{authority:?} {flaw:?} {}", names.join(" "));
        let chain = leaf::make(self.seed, &issuers, &label, names, flaw)?;
        lock(&self.chains).insert(order, chain.clone());
        Ok(chain)
    }

    fn issuers(&self, authority: Authority) -> Result<Arc<Issuers>, PkiError> {
        if let Some(issuers) = lock(&self.issuers).get(&authority) {
            return Ok(Arc::clone(issuers));
        }
        let issuers = Arc::new(Issuers::make(self.seed, authority)?);
        lock(&self.issuers).insert(authority, Arc::clone(&issuers));
        Ok(issuers)
    }
}

impl fmt::Debug for Pki {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pki")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// What is behind `mutex`; every value there is whole at any time, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `der` under `label` in the textual encoding of RFC 7468.
pub fn pem(label: &str, der: &[u8]) -> String {
    let digits = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in digits.as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
