//! HTTP faults, each as curl sees it over HTTP/1.1 and HTTP/2.

use std::collections::BTreeMap;

use modfault_kit::ByteCount;
use modfault_kit::event::{EventKind, Outcome};
use modfault_kit::fault::{HttpFault, PathMangling};

use crate::fixture::{Curl, Fixture, GREETING, LARGE, Scheme};

/// `path` asked for with `faults` in force, by HTTP/1.1 and by HTTP/2, and what was recorded of it.
async fn asked(faults: &[HttpFault], path: &str, options: &[&str]) -> Vec<(Curl, Outcome)> {
    let mut answers = Vec::new();
    for (scheme, version) in [
        (Scheme::Http, "--http1.1"),
        (Scheme::Https, "--http1.1"),
        (Scheme::Https, "--http2"),
    ] {
        let mut server = match scheme {
            Scheme::Http => Fixture::http(faults).await,
            Scheme::Https => Fixture::https(faults).await,
        };
        let curl = server.curl(path, &[options, &[version]].concat()).await;
        let events = server.events().await;
        let fired = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Fired { .. }))
            .count();
        assert!(fired >= faults.len(), "{faults:?}: {events:?}");
        let outcome = events.into_iter().find_map(|event| match event.kind {
            EventKind::Http(exchange) => Some(exchange.outcome),
            _ => None,
        });
        answers.push((curl, outcome.unwrap()));
    }
    answers
}

fn failed(how: &str) -> Outcome {
    Outcome::Failed(how.to_owned())
}

#[tokio::test]
async fn a_status_stands_in_for_the_answer() {
    for (curl, outcome) in asked(&[HttpFault::Status(502)], "/greeting", &[]).await {
        assert_eq!((curl.code, curl.status()), (0, Some(502)), "{curl:?}");
        assert_eq!(curl.body(), "Bad Gateway\n");
        assert_eq!(outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn an_answer_can_be_given_in_full() {
    let fault = HttpFault::Respond {
        status: 403,
        content_type: Some("application/json".to_owned()),
        body: "{}".to_owned(),
        headers: BTreeMap::from([("X-Reason".to_owned(), "policy".to_owned())]),
    };
    for (curl, _) in asked(&[fault], "/greeting", &[]).await {
        assert_eq!((curl.status(), curl.body()), (Some(403), "{}"));
        assert_eq!(curl.header("content-type"), Some("application/json"));
        assert_eq!(curl.header("x-reason"), Some("policy"));
    }
}

#[tokio::test]
async fn a_captive_page_is_html_with_200() {
    for (curl, _) in asked(&[HttpFault::CaptivePage], "/greeting", &[]).await {
        assert_eq!(curl.status(), Some(200));
        assert_eq!(curl.header("content-type"), Some("text/html"));
        assert!(curl.body().contains("<form"), "{curl:?}");
    }
}

#[tokio::test]
async fn an_empty_body_is_200_with_nothing() {
    for (curl, outcome) in asked(&[HttpFault::EmptyBody], "/gone", &[]).await {
        assert_eq!((curl.code, curl.status(), curl.body()), (0, Some(200), ""));
        assert_eq!(outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn a_wrong_type_leaves_the_body_right() {
    let fault = HttpFault::ContentType("text/html".to_owned());
    for (curl, _) in asked(&[fault], "/greeting", &[]).await {
        assert_eq!(curl.header("content-type"), Some("text/html"));
        assert_eq!(curl.body(), GREETING);
    }
}

#[tokio::test]
async fn a_length_that_is_too_long_leaves_the_client_waiting_for_a_closed_connection() {
    let fault = HttpFault::LengthTooLong(ByteCount(7));
    for (curl, outcome) in asked(&[fault], "/greeting", &[]).await {
        assert_eq!(curl.header("content-length"), Some("38"));
        assert_eq!(curl.body(), GREETING);
        assert!([18, 56, 92, 16].contains(&curl.code), "{curl:?}");
        assert_eq!(outcome, failed("cut after 31 bytes of body"));
    }
}

#[tokio::test]
async fn a_cut_body_ends_after_exactly_so_many_bytes() {
    for bytes in [0, 1, 100_001] {
        let fault = HttpFault::CutBody(ByteCount(bytes));
        for (curl, outcome) in asked(&[fault], "/large", &[]).await {
            assert_eq!(curl.status(), Some(200));
            assert_eq!(curl.header("content-length"), Some("300000"));
            assert_eq!(curl.body().len() as u64, bytes, "{}", curl.error);
            assert!([18, 56, 92, 16].contains(&curl.code), "{curl:?}");
            assert_eq!(
                outcome,
                failed(&format!("cut after {} of body", ByteCount(bytes)))
            );
        }
    }
}

#[tokio::test]
async fn a_cut_beyond_the_end_changes_nothing() {
    let fault = HttpFault::CutBody(ByteCount(1_000_000));
    for (curl, outcome) in asked(&[fault], "/large", &[]).await {
        assert_eq!((curl.code, curl.body().len()), (0, LARGE));
        assert_eq!(outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn a_reset_body_ends_by_a_reset_after_its_bytes() {
    let fault = HttpFault::ResetBody(ByteCount(1000));
    for (curl, outcome) in asked(&[fault], "/large", &[]).await {
        assert_eq!(curl.body().len(), 1000, "{}", curl.error);
        assert_eq!(curl.code, 56, "{}", curl.error);
        assert_eq!(outcome, failed("reset after 1000 bytes of body"));
    }
}

#[tokio::test]
async fn a_truncated_body_claims_to_be_whole() {
    let fault = HttpFault::TruncateBody(ByteCount(5));
    for (curl, outcome) in asked(&[fault], "/greeting", &[]).await {
        assert_eq!((curl.code, curl.body()), (0, "Hello"));
        assert_eq!(curl.header("content-length"), Some("5"));
        assert_eq!(outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn a_corrupt_body_differs_in_one_byte() {
    let fault = HttpFault::CorruptBody(ByteCount(3));
    for (curl, _) in asked(&[fault], "/greeting", &[]).await {
        assert_eq!(curl.code, 0);
        assert!(curl.body().starts_with("Hel"));
        assert!(curl.body().ends_with(&GREETING[4..]));
        assert_ne!(curl.body(), GREETING);
    }
}

#[tokio::test]
async fn a_connection_can_close_before_any_answer() {
    for (curl, outcome) in asked(&[HttpFault::CloseBeforeAnswer], "/greeting", &[]).await {
        assert_eq!(curl.text, "");
        assert!([18, 52, 56, 92, 16].contains(&curl.code), "{curl:?}");
        assert_eq!(outcome, failed("closed before the answer"));
    }
}

#[tokio::test]
async fn a_redirect_loop_has_no_end() {
    for (curl, _) in asked(
        &[HttpFault::RedirectLoop],
        "/greeting?x=1",
        &["--location", "--max-redirs", "5"],
    )
    .await
    {
        assert_eq!(curl.code, 47, "{curl:?}");
        assert_eq!(curl.header("location"), Some("/greeting?x=1"));
    }
}

#[tokio::test]
async fn a_redirect_carries_the_path_along() {
    for template in [
        "https://login.example/go{path}",
        "https://login.example/go/{path}",
    ] {
        let fault = HttpFault::Redirect(template.to_owned());
        for (curl, _) in asked(&[fault], "/greeting?x=1", &[]).await {
            assert_eq!(curl.status(), Some(302));
            assert_eq!(
                curl.header("location"),
                Some("https://login.example/go/greeting?x=1")
            );
        }
    }
}

#[tokio::test]
async fn credentials_are_asked_for_and_never_good_enough() {
    for (fault, status, field) in [
        (HttpFault::Unauthorized, 401, "www-authenticate"),
        (
            HttpFault::ProxyAuthenticationRequired,
            407,
            "proxy-authenticate",
        ),
    ] {
        for (curl, _) in asked(&[fault], "/greeting", &["--user", "dev:secret"]).await {
            assert_eq!(curl.status(), Some(status));
            assert_eq!(curl.header(field), Some("Basic realm=\"sign in\""));
        }
    }
}

#[tokio::test]
async fn too_many_requests_says_when_to_come_back() {
    for (curl, _) in asked(&[HttpFault::TooManyRequests(30)], "/greeting", &[]).await {
        assert_eq!(curl.status(), Some(429));
        assert_eq!(curl.header("retry-after"), Some("30"));
    }
}

#[tokio::test]
async fn a_mangled_path_is_looked_up_as_another_and_recorded_as_sent() {
    for (mangling, path) in [
        (PathMangling::EscapeAt, "/a/@v/!list"),
        (PathMangling::EscapeBang, "/a/@v/!list"),
        (PathMangling::EscapeAt, "/sent/%40v/%21list"),
        (PathMangling::EscapeBang, "/sent/%40v/%21list"),
        (PathMangling::LowerCase, "/Upper"),
    ] {
        let clean = Fixture::http(&[]).await;
        assert_eq!(clean.curl(path, &[]).await.status(), Some(200));
        let mut server = Fixture::http(&[HttpFault::ManglePath(mangling)]).await;
        assert_eq!(server.curl(path, &[]).await.status(), Some(404));
        assert_eq!(server.exchanges().await[0].path, path);
    }
    let fault = HttpFault::ManglePath(PathMangling::DecodeSlash);
    for (curl, _) in asked(&[fault], "/a%2Fb", &[]).await {
        assert_eq!(curl.body(), "below\n");
    }
}

#[tokio::test]
async fn a_lost_header_field_never_reaches_the_site() {
    let clean = Fixture::http(&[]).await;
    let options = ["-H", "X-Echo: here"];
    assert_eq!(clean.curl("/echo", &options).await.body(), "here");
    let fault = HttpFault::DropRequestHeaders(vec!["x-echo".to_owned()]);
    for (curl, _) in asked(&[fault], "/echo", &options).await {
        assert_eq!(curl.body(), "nothing");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_its_encoding_says_cannot_be_read() {
    for (curl, _) in asked(&[HttpFault::FalseGzip], "/greeting", &["--compressed"]).await {
        assert_eq!(curl.code, 61, "{curl:?}");
        assert_eq!(curl.header("content-encoding"), Some("gzip"));
    }
}

#[tokio::test]
async fn faults_compose() {
    let faults = [
        HttpFault::ContentType("text/html".to_owned()),
        HttpFault::Status(503),
        HttpFault::CutBody(ByteCount(4)),
    ];
    for (curl, outcome) in asked(&faults, "/greeting", &[]).await {
        assert_eq!((curl.status(), curl.body()), (Some(503), "Serv"));
        assert_eq!(curl.header("content-type"), Some("text/html"));
        assert_eq!(outcome, failed("cut after 4 bytes of body"));
    }
}
