//! go-import pages.

use modfault_kit::event::EventKind;
use modfault_kit::fault::VanityFault;
use modfault_kit::{Fault, RequestKind};

use crate::fixture::{Fixture, HOST, Scheme};

const TAG: &str =
    "<meta name=\"go-import\" content=\"web.example/pkg git https://git.example/pkg\">";

async fn page(fault: Option<VanityFault>) -> String {
    let server = Fixture::new(Scheme::Https, fault.map(Fault::Vanity)).await;
    let curl = server.curl("/pkg/sub/deep?go-get=1", &[]).await;
    assert_eq!((curl.code, curl.status()), (0, Some(200)), "{curl:?}");
    curl.body().to_owned()
}

fn head(page: &str) -> &str {
    page.split_once("</head>").unwrap().0
}

#[tokio::test]
async fn a_path_below_a_prefix_is_answered_for_the_prefix() {
    let clean = page(None).await;
    assert_eq!(clean.matches(TAG).count(), 1);
    assert!(head(&clean).contains(TAG));
}

#[tokio::test]
async fn the_longest_prefix_answers_and_a_neighbour_does_not() {
    let mut server = Fixture::new(Scheme::Http, None).await;
    let inner = server.curl("/pkg/inner/x?go-get=1", &[]).await;
    let content = format!("content=\"{HOST}/pkg/inner mod https://proxy.example\"");
    assert!(inner.body().contains(&content), "{inner:?}");
    assert_eq!(server.curl("/pkgs?go-get=1", &[]).await.status(), Some(404));
    let asked: Vec<_> = server
        .exchanges()
        .await
        .into_iter()
        .map(|exchange| exchange.asked)
        .collect();
    assert_eq!(asked, [RequestKind::GoGet, RequestKind::Page]);
}

#[tokio::test]
async fn a_person_gets_a_page_without_a_tag() {
    let server = Fixture::new(Scheme::Http, None).await;
    let curl = server.curl("/pkg", &[]).await;
    assert_eq!(curl.status(), Some(200));
    assert!(!curl.body().contains("go-import"));
    assert!(curl.body().contains("web.example/pkg"));
}

#[tokio::test]
async fn each_fault_changes_the_page_in_its_own_way() {
    let none = page(Some(VanityFault::NoMeta)).await;
    assert!(!none.contains("go-import"));
    let prefix = page(Some(VanityFault::WrongPrefix("other.example/x".to_owned()))).await;
    assert!(prefix.contains("content=\"other.example/x git https://git.example/pkg\""));
    let repository = page(Some(VanityFault::WrongRepository(
        "https://no.example/".to_owned(),
    )));
    assert!(
        repository
            .await
            .contains("content=\"web.example/pkg git https://no.example/\"")
    );
    let vcs = page(Some(VanityFault::WrongVcs("cvs".to_owned()))).await;
    assert!(vcs.contains("content=\"web.example/pkg cvs https://git.example/pkg\""));
    let login = page(Some(VanityFault::LoginPage)).await;
    assert!(login.contains("<form") && !login.contains("go-import"));
    let two = page(Some(VanityFault::TwoTags)).await;
    assert_eq!(head(&two).matches(TAG).count(), 2);
    let body = page(Some(VanityFault::TagInBody)).await;
    assert!(body.contains(TAG) && !head(&body).contains(TAG));
}

#[tokio::test]
async fn a_closed_page_has_a_fourth_field_for_its_friends_and_half_the_truth_for_others() {
    let server = Fixture::new(Scheme::Https, None).await;
    let path = "/closed/group/project/x?go-get=1";
    let friend = server.curl(path, &["-u", "gopher:s3cret"]).await;
    let whole =
        "content=\"web.example/closed/group/project git https://git.example/project go/client\"";
    assert!(friend.body().contains(whole), "{friend:?}");
    for others in [&[][..], &["-u", "gopher:guess"][..]] {
        let other = server.curl(path, others).await;
        let half = "content=\"web.example/closed/group git https://web.example/closed/group.git\"";
        assert_eq!(other.status(), Some(200));
        assert!(other.body().contains(half), "{other:?}");
    }
}

#[tokio::test]
async fn a_page_under_another_status_still_has_its_tag() {
    let server = Fixture::new(Scheme::Https, Some(Fault::Vanity(VanityFault::Status(404)))).await;
    let curl = server.curl("/pkg?go-get=1", &[]).await;
    assert_eq!(curl.status(), Some(404));
    assert!(head(curl.body()).contains(TAG));
}

#[tokio::test]
async fn a_vanity_fault_is_recorded_where_it_fires() {
    let mut server = Fixture::new(Scheme::Http, Some(Fault::Vanity(VanityFault::NoMeta))).await;
    server.curl("/pkg?go-get=1", &[]).await;
    let events = server.events().await;
    assert!(events.iter().any(
        |event| matches!(&event.kind, EventKind::Fired { key, .. } if key == "GET /pkg?go-get=1")
    ));
}
