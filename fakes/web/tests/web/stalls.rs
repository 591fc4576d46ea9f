//! Faults in which nothing happens, or happens late.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use modfault_kit::ByteCount;
use modfault_kit::event::{EventKind, Outcome};
use modfault_kit::fault::HttpFault;

use crate::fixture::{Fixture, GREETING, HOST};

fn request() -> String {
    format!("GET /greeting HTTP/1.1\r\nHost: {HOST}\r\n\r\n")
}

fn is_fired(event: &EventKind) -> bool {
    matches!(event, EventKind::Fired { .. })
}

#[tokio::test]
async fn a_stalled_request_has_no_answer_for_as_long_as_the_client_stays() {
    let mut server = Fixture::http(&[HttpFault::Stall]).await;
    let mut client = server.connect().await;
    client.write_all(request().as_bytes()).await.unwrap();
    let before = server.until(is_fired).await;
    assert!(
        !before
            .iter()
            .any(|event| matches!(event.kind, EventKind::Http(_)))
    );
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty());
    assert_eq!(
        server.exchanges().await[0].outcome,
        Outcome::Failed("stalled before the answer".to_owned())
    );
}

#[tokio::test]
async fn a_stalled_stream_ends_when_the_client_has_had_enough() {
    let mut server = Fixture::https(&[HttpFault::Stall]).await;
    let curl = server
        .curl("/greeting", &["--http2", "--max-time", "0.2"])
        .await;
    assert_eq!(curl.code, 28, "{curl:?}");
    assert_eq!(
        server.exchanges().await[0].outcome,
        Outcome::Failed("stalled before the answer".to_owned())
    );
}

#[tokio::test]
async fn a_stalled_body_gives_its_first_bytes_and_no_more() {
    let mut server = Fixture::http(&[HttpFault::StallBody(ByteCount(5))]).await;
    let mut client = server.connect().await;
    client.write_all(request().as_bytes()).await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\nHello") {
        let mut byte = [0];
        client.read_exact(&mut byte).await.unwrap();
        answer.push(char::from(byte[0]));
    }
    client.shutdown().await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    let exchange = server.exchanges().await.remove(0);
    assert_eq!(exchange.body, 5);
    assert_eq!(
        exchange.outcome,
        Outcome::Failed("stalled after 5 bytes of body".to_owned())
    );
}

#[tokio::test]
async fn a_world_that_ends_ends_a_stall() {
    let mut server = Fixture::http(&[HttpFault::Stall]).await;
    let mut client = server.connect().await;
    client.write_all(request().as_bytes()).await.unwrap();
    server.until(is_fired).await;
    let events = server.shutdown().await;
    assert!(
        events
            .iter()
            .any(|event| matches!(&event.kind, EventKind::Http(exchange)
        if exchange.outcome == Outcome::Failed("stalled before the answer".to_owned())))
    );
}

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_comes_whole_when_its_time_has_come() {
    let server = Fixture::http(&[HttpFault::Delay(Duration::from_secs(40))]).await;
    let mut client = server.connect().await;
    let begun = Instant::now();
    client.write_all(request().as_bytes()).await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with(GREETING) {
        let mut buffer = [0; 256];
        let count = client.read(&mut buffer).await.unwrap();
        assert_ne!(count, 0, "{answer}");
        answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    assert_eq!(begun.elapsed().as_secs(), 40);
}
