//! Every fault bites where it should, and nowhere else.

use http::StatusCode;

use crate::fixture::{Answer, GO_MOD, classify, files, get, get_under, site};
use modfault_gomod::{hash_files, hash_zip};
use modfault_kit::ByteCount;
use modfault_kit::fault::GoproxyFault;

const LIST: &str = "/example.com/!greet/@v/list";
const LATEST: &str = "/example.com/!greet/@latest";
const INFO: &str = "/example.com/!greet/@v/v1.10.0.info";
const MOD: &str = "/example.com/!greet/@v/v1.10.0.mod";
const ZIP: &str = "/example.com/!greet/@v/v1.10.0.zip";
const EVERY_FILE: [&str; 5] = [LIST, LATEST, INFO, MOD, ZIP];
const PREFIX: &str = "example.com/Greet@v1.10.0/";

async fn under(fault: &GoproxyFault, path: &str) -> Answer {
    get_under(&site(), path, std::slice::from_ref(fault)).await
}

fn names_in(zip: &Answer) -> Vec<String> {
    let archive = zip::ZipArchive::new(std::io::Cursor::new(&zip.body)).unwrap();
    let mut names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    names.sort();
    names
}

fn go_mod_in(zip: &Answer) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&zip.body)).unwrap();
    let file = archive.by_name(&format!("{PREFIX}go.mod")).unwrap();
    std::io::read_to_string(file).unwrap()
}

/// One of each kind, with the files that it changes.
fn every_fault() -> Vec<(GoproxyFault, Vec<&'static str>)> {
    use GoproxyFault as Fault;
    let version = || "v1.10.0".to_owned();
    vec![
        (Fault::NotFound, EVERY_FILE.to_vec()),
        (Fault::Gone, EVERY_FILE.to_vec()),
        (Fault::BadJson, vec![LATEST, INFO]),
        (Fault::WrongVersion("v1.0.0".to_owned()), vec![LATEST, INFO]),
        (
            Fault::WrongModulePath("example.com/other".to_owned()),
            vec![MOD, ZIP],
        ),
        (Fault::BadGoMod, vec![MOD, ZIP]),
        (Fault::TruncatedZip(ByteCount(40)), vec![ZIP]),
        (Fault::NotAZip, vec![ZIP]),
        (Fault::WrongZipPrefix, vec![ZIP]),
        (Fault::AlteredZip, vec![ZIP]),
        (Fault::OtherGoModInZip, vec![ZIP]),
        (Fault::EmptyList, vec![LIST]),
        (Fault::StaleList(version()), vec![LIST]),
        (Fault::GhostVersion("v1.12.0".to_owned()), vec![LIST]),
        (Fault::NoLatest, vec![LATEST]),
    ]
}

#[tokio::test]
async fn a_fault_changes_the_files_it_is_about_and_no_others() {
    let clean = site();
    for (fault, bent) in every_fault() {
        for path in EVERY_FILE {
            let changed = under(&fault, path).await != get(&clean, path).await;
            assert_eq!(changed, bent.contains(&path), "{fault:?} on {path}");
        }
    }
}

#[tokio::test]
async fn a_fault_fires_only_for_what_it_changes() {
    let clean = site();
    for (fault, bent) in every_fault() {
        for path in EVERY_FILE {
            let concerns = fault.concerns(&classify(&clean, path).unwrap());
            assert_eq!(concerns, bent.contains(&path), "{fault:?} on {path}");
        }
    }
}

#[tokio::test]
async fn a_missing_file_looks_like_one_that_never_was() {
    let never = get(&site(), "/example.com/!greet/@v/v9.0.0.zip").await;
    let missing = under(&GoproxyFault::NotFound, ZIP).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.text(), never.text().replace("v9.0.0", "v1.10.0"));
    assert_eq!(missing.headers, never.headers);
}

#[tokio::test]
async fn a_file_that_is_gone_is_410() {
    let answer = under(&GoproxyFault::Gone, LIST).await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert!(answer.text().starts_with("gone: "), "{}", answer.text());
}

#[tokio::test]
async fn bad_json_is_none() {
    for path in [INFO, LATEST] {
        let answer = under(&GoproxyFault::BadJson, path).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
    }
}

#[tokio::test]
async fn a_wrong_version_is_json_all_the_same() {
    let answer = under(&GoproxyFault::WrongVersion("v1.0.0".to_owned()), INFO).await;
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(json["Version"], "v1.0.0");
}

#[tokio::test]
async fn a_wrong_module_path_stands_in_the_mod_file_and_in_the_zip_alike() {
    let fault = GoproxyFault::WrongModulePath("example.com/other".to_owned());
    let answer = under(&fault, MOD).await;
    assert_eq!(answer.text(), "module example.com/other\n\ngo 1.21\n");
    assert_eq!(go_mod_in(&under(&fault, ZIP).await), answer.text());
}

#[tokio::test]
async fn a_bad_go_mod_keeps_its_good_lines() {
    let answer = under(&GoproxyFault::BadGoMod, MOD).await;
    let added = answer.text().strip_prefix(GO_MOD).unwrap();
    assert_eq!(added.trim().lines().count(), 1);
    assert_eq!(
        go_mod_in(&under(&GoproxyFault::BadGoMod, ZIP).await),
        answer.text()
    );
}

#[tokio::test]
async fn a_truncated_zip_is_the_beginning_of_the_right_one() {
    let whole = get(&site(), ZIP).await;
    let cut = under(&GoproxyFault::TruncatedZip(ByteCount(40)), ZIP).await;
    assert_eq!(cut.body, whole.body[..40]);
    let longer = GoproxyFault::TruncatedZip(ByteCount(1 << 40));
    assert_eq!(under(&longer, ZIP).await, whole);
}

#[tokio::test]
async fn what_is_not_a_zip_comes_as_one() {
    let answer = under(&GoproxyFault::NotAZip, ZIP).await;
    assert_eq!(answer.header("content-type"), Some("application/zip"));
    assert!(hash_zip(&answer.body).is_err());
}

#[tokio::test]
async fn a_wrong_prefix_is_that_of_a_repository_archive() {
    let answer = under(&GoproxyFault::WrongZipPrefix, ZIP).await;
    assert_eq!(
        names_in(&answer),
        ["Greet-1.10.0/go.mod", "Greet-1.10.0/greet.go"]
    );
}

#[tokio::test]
async fn an_altered_zip_has_one_file_more_and_another_hash() {
    let answer = under(&GoproxyFault::AlteredZip, ZIP).await;
    assert_eq!(names_in(&answer).len(), 3);
    assert_ne!(
        hash_zip(&answer.body).unwrap(),
        hash_files(PREFIX, &files(Some(GO_MOD)))
    );
}

#[tokio::test]
async fn another_go_mod_in_the_zip_leaves_the_mod_file_alone() {
    let fault = GoproxyFault::OtherGoModInZip;
    assert_eq!(under(&fault, MOD).await.text(), GO_MOD);
    let go_mod = go_mod_in(&under(&fault, ZIP).await);
    assert_ne!(go_mod, GO_MOD);
    assert!(go_mod.ends_with(GO_MOD));
}

#[tokio::test]
async fn an_empty_list_is_200_and_empty() {
    let answer = under(&GoproxyFault::EmptyList, LIST).await;
    assert_eq!((answer.status, answer.text()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_stale_list_lacks_a_version_that_is_served() {
    let fault = GoproxyFault::StaleList("v1.10.0".to_owned());
    assert_eq!(under(&fault, LIST).await.text(), "v1.0.0\nv1.11.0-RC.1\n");
    assert_eq!(under(&fault, INFO).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_ghost_is_listed_and_not_served_even_where_the_proxy_has_it() {
    let ghost = GoproxyFault::GhostVersion("v1.12.0".to_owned());
    assert!(under(&ghost, LIST).await.text().ends_with("v1.12.0\n"));
    let hidden = GoproxyFault::GhostVersion("v1.10.0".to_owned());
    assert_eq!(under(&hidden, LIST).await, get(&site(), LIST).await);
    for path in [INFO, MOD, ZIP] {
        assert_eq!(under(&hidden, path).await.status, StatusCode::NOT_FOUND);
        assert!(hidden.concerns(&classify(&site(), path).unwrap()), "{path}");
    }
}

#[tokio::test]
async fn faults_compose_in_their_order() {
    let faults = [
        GoproxyFault::AlteredZip,
        GoproxyFault::WrongZipPrefix,
        GoproxyFault::TruncatedZip(ByteCount(60)),
    ];
    let answer = get_under(&site(), ZIP, &faults).await;
    assert_eq!(answer.body.len(), 60);
    let name = b"Greet-1.10.0/ALTERED.txt";
    assert!(answer.body.windows(name.len()).any(|bytes| bytes == name));
}

#[tokio::test]
async fn a_bent_zip_does_not_stay_bent() {
    let site = site();
    let bent = get_under(&site, ZIP, &[GoproxyFault::AlteredZip]).await;
    let clean = get(&site, ZIP).await;
    assert_ne!(bent, clean);
    assert_eq!(
        hash_zip(&clean.body).unwrap(),
        hash_files(PREFIX, &files(Some(GO_MOD)))
    );
}
