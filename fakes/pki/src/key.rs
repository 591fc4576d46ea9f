//! Keys from a seed.

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;
use p256::pkcs8::EncodePrivateKey;
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

use modfault_kit::Seed;

/// A P-256 key whose signatures are the same each time (RFC 6979).
#[derive(Clone)]
pub struct Key {
    signing: SigningKey,
    public: Vec<u8>,
}

impl Key {
    /// The key that `seed` has for `label`.
    pub fn derive(seed: Seed, label: &str) -> Self {
        let signing = (0u32..)
            .find_map(|attempt| {
                let bytes = hash(seed, "key", label, attempt);
                SigningKey::from_slice(&bytes).ok()
            })
            .expect("all but one in 2^32 hashes are a P-256 scalar");
        let public = signing
            .verifying_key()
            .to_encoded_point(false)
            .as_bytes()
            .to_vec();
        Self { signing, public }
    }

    /// The private key as PKCS #8 (RFC 5958), for servers that take a key file.
    ///
    /// # Panics
    /// Never: a P-256 key always has this form.
    pub fn to_pkcs8(&self) -> PrivateKeyDer<'static> {
        let document = p256::SecretKey::from(&self.signing)
            .to_pkcs8_der()
            .expect("a P-256 key has a PKCS #8 form");
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(document.as_bytes().to_vec()))
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.signing
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature: p256::ecdsa::Signature = self.signing.sign(message);
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

/// A positive serial number of 16 bytes (RFC 5280 §4.1.2.2).
pub(crate) fn serial(seed: Seed, label: &str) -> [u8; 16] {
    let hash = hash(seed, "serial", label, 0);
    let mut serial = [0; 16];
    serial.copy_from_slice(&hash[..16]);
    // The top bit is a sign; the one below keeps the length the same for every label.
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn hash(seed: Seed, purpose: &str, label: &str, attempt: u32) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"modfault ");
    hash.update(seed.0.to_be_bytes());
    for part in [purpose, label] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(attempt.to_be_bytes());
    hash.finalize().into()
}
