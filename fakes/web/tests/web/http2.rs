//! What HTTP/2 alone can break.

use modfault_kit::event::Outcome;
use modfault_kit::fault::HttpFault;

use crate::fixture::{Fixture, GREETING};

#[tokio::test]
async fn goaway_ends_the_connection_under_the_request() {
    let mut server = Fixture::https(&[HttpFault::Goaway]).await;
    let curl = server.curl("/greeting", &["--http2", "--verbose"]).await;
    assert_ne!(curl.code, 0, "{curl:?}");
    assert_eq!(curl.text, "");
    assert_eq!(
        server.exchanges().await[0].outcome,
        Outcome::Failed("connection ended with goaway".to_owned())
    );
}

#[tokio::test]
async fn a_stream_is_reset_with_the_code_that_the_fault_names() {
    let mut server = Fixture::https(&[HttpFault::RstStream(2)]).await;
    let curl = server.curl("/greeting", &["--http2"]).await;
    assert_eq!(curl.code, 92, "{curl:?}");
    assert!(curl.error.contains("INTERNAL_ERROR"), "{curl:?}");
    assert_eq!(
        server.exchanges().await[0].outcome,
        Outcome::Failed("stream reset with INTERNAL_ERROR".to_owned())
    );
}

#[tokio::test]
async fn over_http_1_there_is_no_stream_to_break() {
    for fault in [HttpFault::Goaway, HttpFault::RstStream(2)] {
        let server = Fixture::https(&[fault]).await;
        let curl = server.curl("/greeting", &["--http1.1"]).await;
        assert_eq!((curl.code, curl.body()), (0, GREETING), "{curl:?}");
    }
}
