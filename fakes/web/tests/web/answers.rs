//! Clean answers.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use modfault_kit::RequestKind;
use modfault_kit::event::{EventKind, Outcome};

use crate::fixture::{Fixture, GREETING, HOST, LARGE};

#[tokio::test]
async fn a_page_is_answered_over_each_version_of_http() {
    for (https, option, version) in [
        (false, "--http1.1", "HTTP/1.1"),
        (true, "--http1.1", "HTTP/1.1"),
        (true, "--http2", "HTTP/2.0"),
    ] {
        let mut server = if https {
            Fixture::https(&[]).await
        } else {
            Fixture::http(&[]).await
        };
        let curl = server.curl("/greeting?x=1", &[option]).await;
        assert_eq!((curl.code, curl.status()), (0, Some(200)), "{curl:?}");
        assert_eq!(curl.body(), GREETING);
        assert_eq!(curl.header("content-length"), Some("31"));
        assert_eq!(curl.header("date"), None);
        let exchanges = server.exchanges().await;
        assert_eq!(exchanges.len(), 1);
        let exchange = &exchanges[0];
        assert_eq!(exchange.asked, RequestKind::Page);
        assert_eq!(exchange.path, "/greeting?x=1");
        assert_eq!(exchange.version, version);
        assert_eq!(exchange.scheme, if https { "https" } else { "http" });
        assert_eq!(exchange.status, Some(200));
        assert_eq!(exchange.body, 31);
        assert_eq!(exchange.outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn a_large_page_arrives_whole() {
    for option in ["--http1.1", "--http2"] {
        let mut server = Fixture::https(&[]).await;
        let curl = server.curl("/large", &[option]).await;
        assert_eq!((curl.code, curl.body().len()), (0, LARGE));
        assert_eq!(server.exchanges().await[0].outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn many_streams_of_one_connection_are_answered() {
    let mut server = Fixture::https(&[]).await;
    let curl = server
        .curl(
            "/[1-20]",
            &["--http2", "--parallel", "--parallel-max", "20"],
        )
        .await;
    assert_eq!(curl.code, 0, "{curl:?}");
    assert_eq!(server.exchanges().await.len(), 20);
}

#[tokio::test]
async fn a_head_request_gets_the_head_alone() {
    for option in ["--http1.1", "--http2"] {
        let mut server = Fixture::https(&[]).await;
        let curl = server.curl("/greeting", &[option, "--head"]).await;
        assert_eq!((curl.code, curl.body()), (0, ""), "{curl:?}");
        assert_eq!(curl.header("content-length"), Some("31"));
        let exchange = server.exchanges().await.remove(0);
        assert_eq!((exchange.body, exchange.outcome), (0, Outcome::Done));
    }
}

#[tokio::test]
async fn an_empty_page_is_an_answer_too() {
    for option in ["--http1.1", "--http2"] {
        let mut server = Fixture::https(&[]).await;
        let curl = server.curl("/empty", &[option]).await;
        assert_eq!((curl.code, curl.body()), (0, ""), "{curl:?}");
        assert_eq!(server.exchanges().await[0].outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn what_no_site_knows_is_not_found() {
    let mut server = Fixture::http(&[]).await;
    let curl = server.curl("/nowhere", &[]).await;
    assert_eq!((curl.code, curl.status()), (0, Some(404)));
    assert_eq!(curl.body(), "Not Found\n");
    let exchange = server.exchanges().await.remove(0);
    assert_eq!(exchange.asked, RequestKind::Page);
    assert_eq!(
        (exchange.status, exchange.outcome),
        (Some(404), Outcome::Done)
    );
}

#[tokio::test]
async fn an_error_page_sent_whole_is_done() {
    let mut server = Fixture::http(&[]).await;
    let curl = server.curl("/gone", &[]).await;
    assert_eq!((curl.status(), curl.body()), (Some(410), "gone\n"));
    assert_eq!(server.exchanges().await[0].outcome, Outcome::Done);
}

#[tokio::test]
async fn the_user_of_basic_credentials_is_written_down_without_the_password() {
    let mut server = Fixture::http(&[]).await;
    server.curl("/greeting", &["--user", "dev:secret"]).await;
    let events = server.events().await;
    let text = format!("{events:?}");
    assert!(text.contains("user: Some(\"dev\")"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_request_to_a_proxy_is_written_down_with_its_whole_url() {
    let mut server = Fixture::http(&[]).await;
    let mut client = server.connect().await;
    let request =
        format!("GET http://{HOST}/greeting HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with(GREETING), "{answer}");
    drop(client);
    let exchange = server.exchanges().await.remove(0);
    assert_eq!(exchange.path, format!("http://{HOST}/greeting"));
}

#[tokio::test]
async fn the_handshake_is_recorded_with_the_name_that_was_asked_for() {
    let mut server = Fixture::https(&[]).await;
    server.curl("/greeting", &["--http2"]).await;
    let events = server.events().await;
    let handshakes: Vec<_> = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Tls { .. }))
        .map(|event| event.kind.clone())
        .collect();
    assert_eq!(
        handshakes,
        [EventKind::Tls {
            port: 443,
            sni: Some(HOST.to_owned()),
            version: Some("1.3".to_owned()),
            alpn: Some("h2".to_owned()),
            outcome: Outcome::Done,
        }]
    );
}

#[tokio::test]
async fn a_server_that_is_stopped_ends_its_connections() {
    let server = Fixture::http(&[]).await;
    let connection = server.connect().await;
    server.shutdown().await;
    let mut buffer = [0; 8];
    connection.readable().await.unwrap();
    assert!(matches!(connection.try_read(&mut buffer), Ok(0) | Err(_)));
}
