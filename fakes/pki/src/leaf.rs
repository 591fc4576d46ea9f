//! One leaf with one flaw, and the certificates that are sent with it.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    CertificateParams, CrlDistributionPoint, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    KeyUsagePurpose, SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use crate::authority::Issuers;
use crate::chain::Chain;
use crate::key::{Key, serial};
use crate::pki::PkiError;
use crate::revocation::{LIST_URL, revoked_serial};
use crate::sha1_leaf::sign_with_sha1;
use crate::weak_key::WeakKey;
use modfault_kit::Seed;
use modfault_kit::fault::ChainFlaw;

/// The name in a leaf that is for another host (RFC 2606 §3).
pub(crate) const ANOTHER_NAME: &str = "elsewhere.example";

/// Makes the chain for `names` from `issuers`, with `flaw` where it is one of the leaf or of what is sent with it.
pub(crate) fn make(
    seed: Seed,
    issuers: &Issuers,
    label: &str,
    names: &[String],
    flaw: Option<ChainFlaw>,
) -> Result<Chain, PkiError> {
    let mut leaf = parameters(seed, label, names)?;
    let mut below = vec![issuers.intermediate.clone()];
    let key = Key::derive(seed, label);
    match flaw {
        // Which authority signs is the caller's choice, and made already.
        None | Some(ChainFlaw::UnknownRoot | ChainFlaw::CorporateRoot) => {}
        Some(ChainFlaw::SelfSigned) => {
            let certificate = leaf.self_signed(&key)?.der().clone();
            return finish(vec![certificate], &key);
        }
        Some(ChainFlaw::LeafOnly) => below.clear(),
        Some(ChainFlaw::WrongIntermediate) => below = vec![issuers.other_intermediate.clone()],
        Some(ChainFlaw::Expired) => leaf.not_after = date_time_ymd(2020, 1, 1),
        Some(ChainFlaw::NotYetValid) => leaf.not_before = date_time_ymd(2090, 1, 1),
        Some(ChainFlaw::ExpiredIntermediate) => below = vec![issuers.expired_intermediate.clone()],
        Some(ChainFlaw::WrongName) => {
            leaf.subject_alt_names = vec![name(ANOTHER_NAME)?];
            leaf.distinguished_name = common_name(ANOTHER_NAME);
        }
        Some(ChainFlaw::CommonNameOnly) => leaf.subject_alt_names.clear(),
        Some(ChainFlaw::Sha1) => {
            let signed = leaf.signed_by(&key, &issuers.issuer)?;
            let certificate = sign_with_sha1(signed.der(), issuers.issuer.key());
            return finish(std::iter::once(certificate).chain(below).collect(), &key);
        }
        Some(ChainFlaw::WeakKey) => {
            let key = WeakKey::new();
            let certificate = leaf.signed_by(&key, &issuers.issuer)?.der().clone();
            let certificates: Vec<_> = std::iter::once(certificate).chain(below).collect();
            return Ok(Chain {
                key: Arc::new(key.to_pkcs8()),
                certified: Arc::new(CertifiedKey::new(certificates.clone(), Arc::new(key))),
                certificates,
            });
        }
        Some(ChainFlaw::NotForServers) => {
            leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        Some(ChainFlaw::Revoked) => {
            leaf.serial_number = Some(SerialNumber::from_slice(&revoked_serial(seed)));
            leaf.crl_distribution_points = vec![CrlDistributionPoint {
                uris: vec![LIST_URL.to_owned()],
            }];
        }
    }
    let certificate = leaf.signed_by(&key, &issuers.issuer)?.der().clone();
    finish(std::iter::once(certificate).chain(below).collect(), &key)
}

fn finish(certificates: Vec<CertificateDer<'static>>, key: &Key) -> Result<Chain, PkiError> {
    let private = key.to_pkcs8();
    let signing = rustls::crypto::ring::sign::any_ecdsa_type(&private)
        .map_err(|source| PkiError::Key { source })?;
    Ok(Chain {
        key: Arc::new(private),
        certified: Arc::new(CertifiedKey::new(certificates.clone(), signing)),
        certificates,
    })
}

fn parameters(seed: Seed, label: &str, names: &[String]) -> Result<CertificateParams, PkiError> {
    let mut leaf = CertificateParams::default();
    leaf.subject_alt_names = names
        .iter()
        .map(|text| name(text))
        .collect::<Result<_, _>>()?;
    leaf.distinguished_name = names
        .first()
        .map_or_else(DistinguishedName::new, |first| common_name(first));
    leaf.not_before = date_time_ymd(2000, 1, 1);
    leaf.not_after = date_time_ymd(2100, 1, 1);
    leaf.serial_number = Some(SerialNumber::from_slice(&serial(seed, label)));
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    Ok(leaf)
}

fn name(text: &str) -> Result<SanType, PkiError> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    text.to_owned()
        .try_into()
        .map(SanType::DnsName)
        .map_err(|source| PkiError::Name {
            name: text.to_owned(),
            source,
        })
}

fn common_name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}
