//! The text of a snapshot, and the file it stands in.

use std::collections::BTreeMap;

use crate::example::{WORDING, accepted, answered, dns, fired, phase, refused, step, tls};
use modfault_kit::RequestKind;
use modfault_outcome::snapshot::variant;
use modfault_outcome::{SnapFile, canonicalise, snapshot_text};
use modfault_scenario::Phase;

fn text() -> String {
    let proxy = "proxy.golang.org";
    let mut healthy = step(
        0,
        "",
        vec![
            dns(proxy, "A", "A 203.0.113.10"),
            dns(proxy, "AAAA", "empty"),
            accepted(proxy),
            tls(proxy, None),
            answered(
                proxy,
                RequestKind::Info,
                "/example.com/greet/@v/v1.0.0.info",
                200,
            ),
            answered(
                proxy,
                RequestKind::Zip,
                "/example.com/greet/@v/v1.0.0.zip",
                200,
            ),
        ],
    );
    healthy.stdout = "one\n\n  two\n".to_owned();
    healthy.files = BTreeMap::from([
        (
            "go.sum".to_owned(),
            Some("example.com/greet v1.0.0 h1:x=\n".to_owned()),
        ),
        ("vendor/modules.txt".to_owned(), None),
    ]);
    let faulty = step(
        1,
        "words of a tool 198.51.100.2:41234->203.0.113.10:443: broken\n",
        vec![
            dns(proxy, "A", "A 203.0.113.10"),
            fired(proxy, "port 443"),
            refused(proxy),
            refused(proxy),
        ],
    );
    snapshot_text(&[
        canonicalise(&phase(Phase::Control, &[], vec![healthy]), &WORDING),
        canonicalise(&phase(Phase::Fault, &["fault[0]"], vec![faulty]), &WORDING),
    ])
}

#[test]
fn a_snapshot_reads_phase_by_phase() {
    insta::assert_snapshot!(text(), @"
    === control ===
    $ go mod download example.com/greet@v1.0.0
    exit 0
    stdout:
      one

        two
    at proxy.golang.org:
      tcp 443: accepted
      tls 443 proxy.golang.org: done
      GET /example.com/greet/@v/v1.0.0.info: 200
      GET /example.com/greet/@v/v1.0.0.zip: 200
    at resolver.corp.example:
      dns A proxy.golang.org: A 203.0.113.10
      dns AAAA proxy.golang.org: empty
    file go.sum:
      example.com/greet v1.0.0 h1:x=
    file vendor/modules.txt: none

    === fault ===
    $ go mod download example.com/greet@v1.0.0
    exit 1
    stderr:
      words of a tool 198.51.100.2:<port>->203.0.113.10:443: broken
    at proxy.golang.org:
      tcp 443: refused
      ! fault[0] at port 443
    at resolver.corp.example:
      dns A proxy.golang.org: A 203.0.113.10
    ");
}

#[test]
fn a_file_of_ours_is_read_back() {
    let file = SnapFile::new("tls/missing-intermediate", &text());
    assert_eq!(SnapFile::parse(&file.to_string()), Ok(file));
}

#[test]
fn a_file_without_a_header_is_refused() {
    assert!(SnapFile::parse("exit 1\n").is_err());
    assert!(SnapFile::parse("---\nsource: x\nexit 1\n").is_err());
}

#[test]
fn variants_are_named_by_the_minor_version() {
    assert_eq!(variant("go1.21.13").as_deref(), Some("1.21"));
    assert_eq!(variant("go1.27rc1").as_deref(), Some("1.27"));
    assert_eq!(variant("devel"), None);
}

#[test]
fn insta_reads_a_file_of_ours() {
    let directory = tempfile::tempdir().unwrap();
    let file = SnapFile::new("tls/missing-intermediate", &text());
    std::fs::write(directory.path().join("ours.snap"), file.to_string()).unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(directory.path());
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("ours", text()));
}
