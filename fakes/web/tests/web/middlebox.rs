//! The habits of middleboxes, as curl meets them.

use std::collections::BTreeMap;

use modfault_kit::event::Outcome;
use modfault_kit::fault::{BodyRewriting, HttpFault, TlsFault};
use modfault_kit::{ByteCount, Fault, HeaderWanted, Selector};

use crate::fixture::{Fixture, GREETING, Scheme};

#[tokio::test]
async fn a_fault_for_a_user_agent_spares_the_others() {
    let select = Selector {
        header: BTreeMap::from([(
            "User-Agent".to_owned(),
            HeaderWanted::Like("Go-*".to_owned()),
        )]),
        ..Selector::default()
    };
    for scheme in [Scheme::Http, Scheme::Https] {
        let fault = Fault::Http(HttpFault::Status(403));
        let server = Fixture::selecting(scheme, [(select.clone(), fault)]).await;
        let hit = server
            .curl("/greeting", &["-A", "Go-http-client/2.0"])
            .await;
        assert_eq!(hit.status(), Some(403), "{hit:?}");
        let spared = server.curl("/greeting", &["-A", "other"]).await;
        assert_eq!(spared.status(), Some(200), "{spared:?}");
    }
}

#[tokio::test]
async fn a_fault_for_get_spares_head_and_one_for_a_missing_field_those_that_have_it() {
    let get = Selector {
        method: Some("GET".to_owned()),
        ..Selector::default()
    };
    let bare = Selector {
        header: BTreeMap::from([("Accept".to_owned(), HeaderWanted::Absent)]),
        ..Selector::default()
    };
    let status = |status| Fault::Http(HttpFault::Status(status));
    let server = Fixture::selecting(Scheme::Http, [(get, status(403))]).await;
    assert_eq!(server.curl("/greeting", &[]).await.status(), Some(403));
    assert_eq!(server.curl("/greeting", &["-I"]).await.status(), Some(200));
    let server = Fixture::selecting(Scheme::Http, [(bare, status(406))]).await;
    let without = server.curl("/greeting", &["-H", "Accept:"]).await;
    assert_eq!(without.status(), Some(406));
    assert_eq!(server.curl("/greeting", &[]).await.status(), Some(200));
}

#[tokio::test]
async fn a_lost_length_leaves_chunks_and_the_whole_body() {
    let fault = HttpFault::DropResponseHeaders(vec!["content-length".to_owned()]);
    let mut server = Fixture::http(&[fault]).await;
    let curl = server.curl("/greeting", &[]).await;
    assert_eq!(curl.header("content-length"), None);
    assert_eq!(curl.header("transfer-encoding"), Some("chunked"));
    assert_eq!(curl.body(), GREETING);
    assert_eq!(server.exchanges().await[0].outcome, Outcome::Done);
}

#[tokio::test]
async fn header_fields_of_the_answer_are_lost_and_set() {
    let lost = HttpFault::DropResponseHeaders(vec!["Content-Type".to_owned()]);
    let set = HttpFault::ResponseHeaders(BTreeMap::from([("Age".to_owned(), "60".to_owned())]));
    let server = Fixture::https(&[lost, set]).await;
    let curl = server.curl("/greeting", &[]).await;
    assert_eq!(curl.header("content-type"), None);
    assert_eq!(curl.header("age"), Some("60"));
}

#[tokio::test]
async fn a_rewritten_body_has_the_length_that_is_stated() {
    let server = Fixture::http(&[HttpFault::RewriteBody(BodyRewriting::CrlfLines)]).await;
    let curl = server.curl("/greeting", &[]).await;
    assert_eq!(curl.body(), GREETING.replace('\n', "\r\n"));
    let length = (GREETING.len() + 1).to_string();
    assert_eq!(curl.header("content-length"), Some(length.as_str()));
}

#[tokio::test]
async fn raw_bytes_come_as_they_stand_over_http_1_alone() {
    let fault = HttpFault::Raw("HTTP/1.1 299 Odd\r\n\r\nrest".to_owned());
    let mut server = Fixture::https(std::slice::from_ref(&fault)).await;
    let curl = server.curl("/greeting", &["--http1.1"]).await;
    assert_eq!(
        (curl.status(), curl.body()),
        (Some(299), "rest"),
        "{curl:?}"
    );
    let outcome = &server.exchanges().await[0].outcome;
    assert_eq!(
        *outcome,
        Outcome::Failed("other bytes than an answer's".to_owned())
    );
    let curl = server.curl("/greeting", &["--http2"]).await;
    assert_eq!(curl.body(), GREETING);
}

#[tokio::test]
async fn a_connection_ends_at_its_second_request() {
    for fault in [HttpFault::CloseReused, HttpFault::ResetReused] {
        let mut server = Fixture::http(&[fault]).await;
        // The second URL goes over the connection of the first; curl then tries a new one.
        let curl = server
            .curl("/greeting", &["http://web.example/greeting"])
            .await;
        assert_eq!(curl.code, 0, "{curl:?}");
        let exchanges = server.exchanges().await;
        let done: Vec<bool> = exchanges.iter().map(|one| one.outcome.is_done()).collect();
        assert_eq!(done, [true, false, true]);
    }
}

#[tokio::test]
async fn limits_are_about_what_exceeds_them() {
    let server = Fixture::http(&[HttpFault::LineLimit(ByteCount(9))]).await;
    assert_eq!(server.curl("/greeting", &[]).await.status(), Some(200));
    assert_eq!(server.curl("/greeting?x", &[]).await.status(), Some(414));
    let server = Fixture::http(&[HttpFault::HeaderLimit(ByteCount(200))]).await;
    let long = format!("X-Long: {}", "x".repeat(200));
    assert_eq!(server.curl("/greeting", &[]).await.status(), Some(200));
    assert_eq!(
        server.curl("/greeting", &["-H", &long]).await.status(),
        Some(431)
    );
}

#[tokio::test]
async fn a_request_that_was_not_begun_is_sent_again_by_those_who_may() {
    let mut server = Fixture::https(&[HttpFault::GoawayUnbegun]).await;
    let curl = server.curl("/greeting", &["--http2"]).await;
    assert_ne!(curl.code, 0, "{curl:?}");
    assert!(!server.exchanges().await.is_empty());
    let server = Fixture::https(&[HttpFault::GoawayCode(11)]).await;
    let curl = server.curl("/greeting", &["--http2"]).await;
    assert_ne!(curl.code, 0, "{curl:?}");
}

#[tokio::test]
async fn a_server_without_http_2_agrees_on_http_1() {
    let server = Fixture::new(Scheme::Https, [Fault::Tls(TlsFault::Http1Only)]).await;
    let curl = server.curl("/greeting", &["--http2"]).await;
    assert!(curl.text.starts_with("HTTP/1.1 200"), "{curl:?}");
}

#[tokio::test]
async fn a_preface_is_answered_in_http_1_and_clients_of_http_1_are_served() {
    let mut server = Fixture::new(Scheme::Https, [Fault::Tls(TlsFault::Http1AfterH2)]).await;
    let curl = server.curl("/greeting", &["--http2"]).await;
    assert_ne!(curl.code, 0, "{curl:?}");
    let seen = &server.exchanges().await[0];
    assert_eq!((seen.method.as_str(), seen.status), ("PRI", Some(400)));
    let curl = server.curl("/greeting", &["--http1.1"]).await;
    assert_eq!((curl.code, curl.body()), (0, GREETING));
}
