//! A certificate signed again with SHA-1.
//!
//! rcgen has no SHA-1, so the signature algorithm is put into the encoding of a certificate that it made (RFC 5280 §4.1:
//! it stands in two places, inside and outside of what is signed).

use p256::ecdsa::Signature;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rustls::pki_types::CertificateDer;
use sha1::{Digest, Sha1};

use crate::key::Key;

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// AlgorithmIdentifier of ecdsa-with-SHA1, 1.2.840.10045.4.1 (RFC 3279 §2.2.3).
const ECDSA_WITH_SHA1: [u8; 11] = [
    SEQUENCE, 9, 0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01,
];

/// `certificate` with a SHA-1 signature by `issuer` in place of its own.
pub(crate) fn sign_with_sha1(certificate: &[u8], issuer: &Key) -> CertificateDer<'static> {
    let (_, outer, _) = element(certificate);
    let (_, to_be_signed, _) = element(outer);
    // version [0], serialNumber, signature, and the rest
    let (version, _, rest) = element(to_be_signed);
    let (serial, _, rest) = element(rest);
    let (_, _, rest) = element(rest);
    let to_be_signed = encode(SEQUENCE, &[version, serial, &ECDSA_WITH_SHA1, rest]);
    let signature: Signature = issuer
        .signing()
        .sign_prehash(&Sha1::digest(&to_be_signed))
        .expect("20 bytes are enough of a hash for P-256");
    let unused_bits = [0];
    let signature = encode(BIT_STRING, &[&unused_bits, signature.to_der().as_bytes()]);
    CertificateDer::from(encode(
        SEQUENCE,
        &[&to_be_signed, &ECDSA_WITH_SHA1, &signature],
    ))
}

/// Splits the first element off `der` (X.690 §8.1): the whole of it, its content, and what follows.
///
/// `der` is our own encoding, so it is well-formed.
fn element(der: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let first = usize::from(der[1]);
    let (header, length) = if first < 0x80 {
        (2, first)
    } else {
        let digits = first & 0x7f;
        let length = der[2..2 + digits]
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        (2 + digits, length)
    };
    let end = header + length;
    (&der[..end], &der[header..end], &der[end..])
}

fn encode(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = vec![tag];
    if content.len() < 0x80 {
        der.push(content.len() as u8);
    } else {
        der.push(0x80 | digits.len() as u8);
        der.extend_from_slice(digits);
    }
    der.extend(content);
    der
}
