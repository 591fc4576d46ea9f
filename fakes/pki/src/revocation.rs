//! Revocation lists (RFC 5280 §5): what an authority says of certificates that it no longer stands for.

use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, RevocationReason, RevokedCertParams,
    SerialNumber, date_time_ymd,
};

use crate::key::{Key, serial};
use crate::pki::PkiError;
use modfault_kit::Seed;

/// Where a revoked leaf says that its authority's list is (RFC 5280 §4.2.1.13).
pub const LIST_URL: &str = "http://crl.example/issuing.crl";

/// The serial number of every revoked leaf, whatever its name: the list is made before the names are known.
pub(crate) fn revoked_serial(seed: Seed) -> [u8; 16] {
    serial(seed, "revoked")
}

/// The lists of an authority as PEM, each signed by the certificate that it is about: that of the issuing one, with the
/// serial number of every revoked leaf, and that of the root, which is empty.
pub(crate) fn lists(
    seed: Seed,
    root: &Issuer<'_, Key>,
    issuing: &Issuer<'_, Key>,
) -> Result<String, PkiError> {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from_slice(&revoked_serial(seed)),
        revocation_time: date_time_ymd(2020, 1, 1),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    };
    let mut text = list(vec![revoked]).signed_by(issuing)?.pem()?;
    text.push_str(&list(Vec::new()).signed_by(root)?.pem()?);
    Ok(text)
}

fn list(revoked: Vec<RevokedCertParams>) -> CertificateRevocationListParams {
    CertificateRevocationListParams {
        this_update: date_time_ymd(2020, 1, 1),
        next_update: date_time_ymd(2100, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked,
        key_identifier_method: KeyIdMethod::Sha256,
    }
}
