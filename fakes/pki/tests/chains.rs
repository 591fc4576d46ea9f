//! Chains as two verifiers see them that we did not write: OpenSSL's and webpki.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};

use modfault_kit::Seed;
use modfault_kit::fault::ChainFlaw;
use modfault_pki::pki::pem;
use modfault_pki::{Authority, Chain, Pki};

const NAME: &str = "proxy.golang.org";

fn chain(flaw: Option<ChainFlaw>) -> Chain {
    Pki::new(Seed(1))
        .chain(Authority::Public, &[NAME.to_owned()], flaw)
        .unwrap()
}

/// What `openssl verify` prints of `chain` for a server called `name` when only the public root is trusted.
fn openssl(chain: &Chain, name: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file);
    let pki = Pki::new(Seed(1));
    fs::write(path("root.pem"), pki.root_pem(Authority::Public).unwrap()).unwrap();
    fs::write(path("leaf.pem"), pem("CERTIFICATE", &chain.certificates[0])).unwrap();
    let below: String = chain.certificates[1..]
        .iter()
        .map(|certificate| pem("CERTIFICATE", certificate))
        .collect();
    fs::write(path("below.pem"), &below).unwrap();
    let mut command = Command::new("openssl");
    command
        .args(["verify", "-purpose", "sslserver", "-auth_level", "2"])
        .args(["-no-CApath", "-no-CAstore", "-CAfile"])
        .arg(path("root.pem"))
        .args(name);
    if !below.is_empty() {
        command.arg("-untrusted").arg(path("below.pem"));
    }
    let output = command.arg(path("leaf.pem")).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// The time of the verification: 2026-01-01.
fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600))
}

fn webpki(chain: &Chain, name: &str) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots
        .add(Pki::new(Seed(1)).root(Authority::Public).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    verifier
        .verify_server_cert(
            &chain.certificates[0],
            &chain.certificates[1..],
            &ServerName::try_from(name.to_owned()).unwrap(),
            &[],
            now(),
        )
        .map(drop)
}

#[test]
fn a_clean_chain_is_accepted() {
    let chain = chain(None);
    assert!(openssl(&chain, &["-verify_hostname", NAME]).ends_with("leaf.pem: OK\n"));
    assert_eq!(webpki(&chain, NAME), Ok(()));
}

#[test]
fn a_chain_of_the_corporate_root_is_accepted_where_that_root_is_installed() {
    let pki = Pki::new(Seed(1));
    let chain = pki
        .chain(Authority::Corporate, &[NAME.to_owned()], None)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(pki.root(Authority::Corporate).unwrap()).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::new(rustls::crypto::ring::default_provider()),
    )
    .build()
    .unwrap();
    let verified = verifier.verify_server_cert(
        &chain.certificates[0],
        &chain.certificates[1..],
        &ServerName::try_from(NAME).unwrap(),
        &[],
        now(),
    );
    assert!(verified.is_ok());
    assert!(webpki(&chain, NAME).is_err());
}

#[test]
fn a_server_may_be_known_by_its_address() {
    let chain = Pki::new(Seed(1))
        .chain(Authority::Public, &["203.0.113.10".to_owned()], None)
        .unwrap();
    assert!(openssl(&chain, &["-verify_ip", "203.0.113.10"]).ends_with("leaf.pem: OK\n"));
    assert_eq!(webpki(&chain, "203.0.113.10"), Ok(()));
}

#[test]
fn openssl_rejects_each_flaw_for_its_own_reason() {
    for flaw in ChainFlaw::ALL {
        let reason = match flaw {
            ChainFlaw::SelfSigned => "error 18 at 0 depth",
            ChainFlaw::UnknownRoot | ChainFlaw::CorporateRoot => "error 20 at 1 depth",
            ChainFlaw::LeafOnly | ChainFlaw::WrongIntermediate => "error 20 at 0 depth",
            ChainFlaw::Expired => "error 10 at 0 depth",
            ChainFlaw::NotYetValid => "error 9 at 0 depth",
            ChainFlaw::ExpiredIntermediate => "error 10 at 1 depth",
            ChainFlaw::WrongName => "error 62 at 0 depth",
            // OpenSSL still looks at the common name; webpki's answer is below.
            ChainFlaw::CommonNameOnly => "OK",
            ChainFlaw::Sha1 => "error 68 at 0 depth",
            ChainFlaw::WeakKey => "error 66 at 0 depth",
            ChainFlaw::NotForServers => "error 26 at 0 depth",
            // Without the list nobody can tell; with it, see below.
            ChainFlaw::Revoked => "OK",
        };
        let printed = openssl(&chain(Some(flaw)), &["-verify_hostname", NAME]);
        assert!(printed.contains(reason), "{flaw:?}: {printed}");
    }
}

#[test]
fn webpki_accepts_no_flaw_but_a_weak_key_seen_in_the_handshake_only_and_a_list_that_it_is_not_given()
 {
    for flaw in ChainFlaw::ALL {
        let verified = webpki(&chain(Some(flaw)), NAME);
        let expected = matches!(flaw, ChainFlaw::WeakKey | ChainFlaw::Revoked);
        assert_eq!(verified.is_ok(), expected, "{flaw:?}: {verified:?}");
    }
}

#[test]
fn a_name_in_the_common_name_alone_is_no_name() {
    let rejected = webpki(&chain(Some(ChainFlaw::CommonNameOnly)), NAME).unwrap_err();
    assert!(
        format!("{rejected:?}").contains("NotValidForName"),
        "{rejected:?}"
    );
}

#[test]
fn a_sha1_leaf_has_a_signature_that_is_good_by_its_own_rules() {
    let chain = chain(Some(ChainFlaw::Sha1));
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("below.pem");
    let leaf = folder.path().join("leaf.pem");
    fs::write(&below, pem("CERTIFICATE", &chain.certificates[1])).unwrap();
    fs::write(&leaf, pem("CERTIFICATE", &chain.certificates[0])).unwrap();
    let output = Command::new("openssl")
        .args(["verify", "-auth_level", "0", "-partial_chain", "-trusted"])
        .args([&below, &leaf])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn certificates_are_the_same_bytes_in_every_run() {
    for flaw in std::iter::once(None).chain(ChainFlaw::ALL.map(Some)) {
        assert_eq!(chain(flaw).certificates, chain(flaw).certificates);
        assert_eq!(chain(flaw).key, chain(flaw).key);
    }
    let fingerprint = |seed| {
        Pki::new(Seed(seed))
            .root_pem(Authority::Public)
            .unwrap()
            .lines()
            .nth(1)
            .unwrap()
            .to_owned()
    };
    assert_ne!(fingerprint(1), fingerprint(2));
}

#[test]
fn a_name_that_no_certificate_can_hold_is_refused() {
    let refused = Pki::new(Seed(1)).chain(Authority::Public, &["bücher.example".to_owned()], None);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "put `bücher.example` into a certificate"
    );
}

#[test]
fn every_chain_goes_with_its_key() {
    for flaw in std::iter::once(None).chain(ChainFlaw::ALL.map(Some)) {
        let chain = chain(flaw);
        let certified = chain.certified_key();
        if flaw != Some(ChainFlaw::WeakKey) {
            assert_eq!(certified.keys_match(), Ok(()), "{flaw:?}");
        }
    }
}

#[test]
fn openssl_rejects_the_revoked_leaf_and_no_other_once_it_has_the_lists() {
    for (flaw, reason) in [
        (None, "leaf.pem: OK"),
        (Some(ChainFlaw::Revoked), "error 23 at 0 depth"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let lists = folder.path().join("lists.pem");
        let pki = Pki::new(Seed(1));
        fs::write(&lists, pki.revocation_lists(Authority::Public).unwrap()).unwrap();
        let checked = ["-crl_check_all", "-CRLfile", lists.to_str().unwrap()];
        let printed = openssl(&chain(flaw), &checked);
        assert!(printed.contains(reason), "{flaw:?}: {printed}");
    }
}
