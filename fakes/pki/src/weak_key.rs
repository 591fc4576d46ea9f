//! A key that is too short: RSA with 1024 bits.

use rcgen::{PKCS_RSA_SHA256, PublicKeyData};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::OsRng;
use rsa::sha2::{Digest, Sha256};
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPrivateKey};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};

/// One prime of the key. It is the same in every world: making a key takes longer than making a world, and nobody is to trust it.
const P: &[u8; 128] = b"F891817CF945EEFB747624991FBC5B9A405435DAB7A53CF794DDABA62FA1A132E919C430AA8968EB84957E2C8CC874EA3D94A43F18DC6F41EA19DE08B80E1ECD";
/// The other prime.
const Q: &[u8; 128] = b"EE9D6E2C38AD0A7C9016A84B55B3908ED4BE97B5648B7DEDD3B6D9D8FEF0CFC5B9013855E0B35E40BD2DFF6D2894A241655491F718C2CA6D45C3F23538C80591";

/// A 1024-bit RSA key that signs certificates' public halves and TLS handshakes.
#[derive(Clone, Debug)]
pub(crate) struct WeakKey {
    private: RsaPrivateKey,
    public: Vec<u8>,
}

impl WeakKey {
    pub(crate) fn new() -> Self {
        let prime = |digits| BigUint::parse_bytes(digits, 16).expect("the digits are hexadecimal");
        let private = RsaPrivateKey::from_p_q(prime(P), prime(Q), BigUint::from(65537u32))
            .expect("both are prime");
        let public = private
            .to_public_key()
            .to_pkcs1_der()
            .expect("an RSA key has a PKCS #1 form")
            .into_vec();
        Self { private, public }
    }

    pub(crate) fn to_pkcs8(&self) -> PrivateKeyDer<'static> {
        let document = self
            .private
            .to_pkcs8_der()
            .expect("an RSA key has a PKCS #8 form");
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(document.as_bytes().to_vec()))
    }
}

impl PublicKeyData for WeakKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl SigningKey for WeakKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        [
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PKCS1_SHA256,
        ]
        .into_iter()
        .find(|scheme| offered.contains(scheme))
        .map(|scheme| {
            Box::new(WeakSigner {
                key: self.private.clone(),
                scheme,
            }) as Box<dyn Signer>
        })
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

#[derive(Debug)]
struct WeakSigner {
    key: RsaPrivateKey,
    scheme: SignatureScheme,
}

impl Signer for WeakSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let digest = Sha256::digest(message);
        let signed = if self.scheme == SignatureScheme::RSA_PSS_SHA256 {
            // A handshake signature is on the wire only, so its salt may be random.
            self.key
                .sign_with_rng(&mut OsRng, Pss::new::<Sha256>(), &digest)
        } else {
            self.key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest)
        };
        signed.map_err(|error| rustls::Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
