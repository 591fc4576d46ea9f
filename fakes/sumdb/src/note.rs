//! Signed notes (<https://pkg.go.dev/golang.org/x/mod/sumdb/note>): the key of a database and what it signs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};

use modfault_kit::Seed;

/// The octet that stands for Ed25519 before a public key.
const ED25519: u8 = 1;

/// The length of an Ed25519 signature (RFC 8032 §5.1.6).
const SIGNATURE: usize = 64;

/// The signing key of one database.
#[derive(Debug)]
pub struct DatabaseKey {
    name: String,
    pair: Ed25519KeyPair,
}

impl DatabaseKey {
    /// The key that `seed` has for the database called `name`; its signatures are the same each time.
    ///
    /// # Panics
    /// Never: 32 octets are always an Ed25519 seed.
    pub fn derive(seed: Seed, name: &str) -> Self {
        let octets = Sha256::new()
            .chain_update(b"checksum database key\0")
            .chain_update(seed.0.to_le_bytes())
            .chain_update(name)
            .finalize();
        let pair = Ed25519KeyPair::from_seed_unchecked(&octets);
        Self {
            name: name.to_owned(),
            pair: pair.expect("32 octets are a seed"),
        }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a client is told, as in GOSUMDB: `name+hash+key` (`go help module-auth`).
    pub fn verifier(&self) -> String {
        let hash = u32::from_be_bytes(key_hash(&self.name, &self.public()));
        let key = STANDARD.encode(self.public());
        format!("{}+{hash:08x}+{key}", self.name)
    }

    /// `text` with a signature line; `text` ends with a newline.
    pub fn sign(&self, text: &str) -> String {
        self.sign_as(&self.name, text)
    }

    /// `text`, signed with this key in the name of `name`.
    pub(crate) fn sign_as(&self, name: &str, text: &str) -> String {
        signed(
            name,
            text,
            key_hash(name, &self.public()),
            &self.signature(text),
        )
    }

    /// `text` under a signature of the right form that is none.
    pub(crate) fn sign_badly(&self, text: &str) -> String {
        let mut signature = self.signature(text);
        signature[0] ^= 1;
        signed(
            &self.name,
            text,
            key_hash(&self.name, &self.public()),
            &signature,
        )
    }

    fn signature(&self, text: &str) -> [u8; SIGNATURE] {
        let mut octets = [0; SIGNATURE];
        let signature = self.pair.sign(text.as_bytes());
        octets.copy_from_slice(signature.as_ref());
        octets
    }

    /// The public key as notes have it: an octet for the algorithm, then the key.
    fn public(&self) -> Vec<u8> {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.pair.public_key().as_ref());
        key
    }
}

/// `text`, an empty line, and `— name base64(hash || signature)`.
fn signed(name: &str, text: &str, hash: [u8; 4], signature: &[u8]) -> String {
    let line = STANDARD.encode([&hash[..], signature].concat());
    format!("{text}\n— {name} {line}\n")
}

/// The first four octets of `SHA-256(name || "\n" || key)`.
fn key_hash(name: &str, key: &[u8]) -> [u8; 4] {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update("\n")
        .chain_update(key)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    /// What a client checks, from the text of the note and of the verifier key alone.
    fn verifies(verifier: &str, note: &str) -> bool {
        let mut parts = verifier.splitn(3, '+');
        let (name, hash, key) = (
            parts.next().unwrap(),
            parts.next().unwrap(),
            parts.next().unwrap(),
        );
        let key = STANDARD.decode(key).unwrap();
        let (text, line) = note.rsplit_once("\n— ").unwrap();
        let (signer, signature) = line.trim_end().split_once(' ').unwrap();
        let signature = STANDARD.decode(signature).unwrap();
        let stated: String = signature[..4].iter().map(|b| format!("{b:02x}")).collect();
        signer == name
            && stated == hash
            && UnparsedPublicKey::new(&ED25519, &key[1..])
                .verify(text.as_bytes(), &signature[4..])
                .is_ok()
    }

    #[test]
    fn the_key_hash_is_that_of_the_public_database() {
        let (_, key) = ("033de0ae", "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8");
        let hash = key_hash("sum.golang.org", &STANDARD.decode(key).unwrap());
        assert_eq!(u32::from_be_bytes(hash), 0x033d_e0ae);
    }

    #[test]
    fn each_seed_and_each_name_has_its_key() {
        let key = |seed, name| DatabaseKey::derive(Seed(seed), name).verifier();
        assert_eq!(key(1, "sum.example"), key(1, "sum.example"));
        assert_ne!(key(1, "sum.example"), key(2, "sum.example"));
        assert!(key(0, "sum.example").starts_with("sum.example+"));
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_what_is_not_does_not(text in "([a-z ]{1,20}\n){1,4}") {
            let key = DatabaseKey::derive(Seed(3), "sum.example");
            let verifier = key.verifier();
            prop_assert!(verifies(&verifier, &key.sign(&text)));
            prop_assert!(!verifies(&verifier, &key.sign_badly(&text)));
            prop_assert!(!verifies(&verifier, &key.sign_as("sum.other.example", &text)));
            let other = DatabaseKey::derive(Seed(4), "sum.example");
            prop_assert!(!verifies(&verifier, &other.sign(&text)));
        }
    }
}
