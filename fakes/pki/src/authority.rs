//! The certificate authorities of the small internet.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyUsagePurpose,
    SerialNumber, date_time_ymd,
};
use rustls::pki_types::CertificateDer;

use crate::key::{Key, serial};
use crate::pki::PkiError;
use crate::revocation::lists;
use modfault_kit::Seed;

/// A certificate authority: a root and the intermediate that signs its leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Authority {
    /// The one that every machine trusts.
    Public,
    /// The company's own: trusted where it was installed.
    Corporate,
    /// One that nobody trusts.
    Unknown,
}

impl Authority {
    /// Every authority.
    pub const ALL: [Self; 3] = [Self::Public, Self::Corporate, Self::Unknown];

    /// The common name of its root, as clients print it.
    pub fn root_name(self) -> &'static str {
        match self {
            Self::Public => "Example Public Root CA",
            Self::Corporate => "Example Corp Root CA",
            Self::Unknown => "Example Nowhere Root CA",
        }
    }

    /// The common name of the intermediate that signs its leaves.
    pub fn intermediate_name(self) -> &'static str {
        match self {
            Self::Public => "Example Public Issuing CA",
            Self::Corporate => "Example Corp Issuing CA",
            Self::Unknown => "Example Nowhere Issuing CA",
        }
    }

    fn organization(self) -> &'static str {
        match self {
            Self::Public => "Example Trust Services",
            Self::Corporate => "Example Corp",
            Self::Unknown => "Nowhere",
        }
    }
}

/// A root with its intermediates, made.
pub(crate) struct Issuers {
    pub(crate) root: CertificateDer<'static>,
    pub(crate) intermediate: CertificateDer<'static>,
    /// The same name and key, with a validity that has ended.
    pub(crate) expired_intermediate: CertificateDer<'static>,
    /// A sibling that signed nothing that is sent.
    pub(crate) other_intermediate: CertificateDer<'static>,
    pub(crate) issuer: Issuer<'static, Key>,
    /// The lists of what it revoked, as PEM.
    pub(crate) revocation_lists: String,
}

impl Issuers {
    pub(crate) fn make(seed: Seed, authority: Authority) -> Result<Self, PkiError> {
        let root_key = Key::derive(seed, authority.root_name());
        let root = parameters(
            seed,
            authority,
            authority.root_name(),
            BasicConstraints::Unconstrained,
        );
        let root_certificate = root.self_signed(&root_key)?.der().clone();
        let root_issuer = Issuer::new(root, root_key);

        let key = Key::derive(seed, authority.intermediate_name());
        let intermediate = parameters(
            seed,
            authority,
            authority.intermediate_name(),
            BasicConstraints::Constrained(0),
        );
        let mut expired = intermediate.clone();
        expired.not_after = date_time_ymd(2020, 1, 1);
        expired.serial_number = Some(SerialNumber::from_slice(&serial(
            seed,
            &format!("{} expired", authority.intermediate_name()),
        )));
        let other_name = format!("{} 2", authority.intermediate_name());
        let other = parameters(
            seed,
            authority,
            &other_name,
            BasicConstraints::Constrained(0),
        );
        let other_key = Key::derive(seed, &other_name);
        let intermediate_certificate = intermediate.signed_by(&key, &root_issuer)?.der().clone();
        let expired_intermediate = expired.signed_by(&key, &root_issuer)?.der().clone();
        let issuer = Issuer::new(intermediate, key);
        Ok(Self {
            root: root_certificate,
            intermediate: intermediate_certificate,
            expired_intermediate,
            other_intermediate: other.signed_by(&other_key, &root_issuer)?.der().clone(),
            revocation_lists: lists(seed, &root_issuer, &issuer)?,
            issuer,
        })
    }
}

fn parameters(
    seed: Seed,
    authority: Authority,
    name: &str,
    constraints: BasicConstraints,
) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::OrganizationName, authority.organization());
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = date_time_ymd(2000, 1, 1);
    parameters.not_after = date_time_ymd(2100, 1, 1);
    parameters.serial_number = Some(SerialNumber::from_slice(&serial(seed, name)));
    parameters.is_ca = IsCa::Ca(constraints);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.use_authority_key_identifier_extension = true;
    parameters
}
