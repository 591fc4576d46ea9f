//! Each lie bites, and in its own way.

use http::StatusCode;

use modfault_kit::fault::SumdbFault;

use crate::client::{Doubt, head, lookup};
use crate::fixture::{get, get_under, record, site};

const LOOKUP: &str = "/lookup/example.com/!greet@v1.1.0";

#[tokio::test]
async fn a_client_that_checks_doubts_what_cannot_be_proved() {
    for (fault, doubt) in [
        (SumdbFault::BadSignature, Doubt::Note),
        (SumdbFault::UnknownKey, Doubt::Note),
        (SumdbFault::KeyNameMismatch, Doubt::Note),
        (SumdbFault::MalformedNote, Doubt::Note),
        (SumdbFault::MalformedTree, Doubt::Tree),
        (SumdbFault::ZeroRoot, Doubt::Tile),
        (SumdbFault::StaleHead, Doubt::NotInTree),
        (SumdbFault::MalformedRecord, Doubt::Record),
        (SumdbFault::InconsistentTile, Doubt::Tile),
        (SumdbFault::Rollback(4), Doubt::NoAnswer),
    ] {
        let said = lookup(&site(3), LOOKUP, std::slice::from_ref(&fault)).await;
        assert_eq!(said, Err(doubt), "{fault:?}");
    }
}

#[tokio::test]
async fn a_wrong_hash_in_the_log_proves_well_and_is_of_the_file_that_is_named() {
    let right = record("example.com/Greet", "v1.1.0");
    for (fault, zip_differs) in [
        (SumdbFault::WrongZipHash, true),
        (SumdbFault::WrongGoModHash, false),
    ] {
        let (_, text) = lookup(&site(3), LOOKUP, &[fault]).await.unwrap();
        assert_eq!(text.contains(&right.zip), !zip_differs, "{text}");
        assert_eq!(text.contains(&right.go_mod), zip_differs, "{text}");
    }
}

#[tokio::test]
async fn a_fork_proves_well_and_has_another_root_at_the_same_size() {
    let site = site(3);
    let (honest, text) = lookup(&site, LOOKUP, &[]).await.unwrap();
    let (forked, same) = lookup(&site, LOOKUP, &[SumdbFault::ForkedTree])
        .await
        .unwrap();
    assert_eq!((honest.size, text), (forked.size, same));
    assert_ne!(honest.root, forked.root);
}

#[tokio::test]
async fn another_record_proves_well_and_is_about_something_else() {
    let other = lookup(&site(3), LOOKUP, &[SumdbFault::OtherRecord]).await;
    let (_, text) = other.unwrap();
    assert_eq!(text, record("example.com/Greet", "v1.0.0").text());
}

#[tokio::test]
async fn a_database_that_went_back_is_one_that_never_went_on() {
    let site = site(3);
    let fault = [SumdbFault::Rollback(4)];
    let early = "/lookup/example.com/!greet@v1.0.0";
    let (then, _) = lookup(&site, early, &fault).await.unwrap();
    assert_eq!(then.size, 4);
    let latest = get_under(&site, "/latest", &fault).await;
    assert_eq!(head(latest.text()), Ok(then));
    let tile = get_under(&site, "/tile/8/0/000.p/5", &fault).await;
    assert_eq!(tile.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&site, "/tile/8/0/000.p/5").await.status, StatusCode::OK);
}
