//! A server that agreed on HTTP/2 and does not speak it.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use modfault_kit::event::{Exchange, Outcome};
use modfault_kit::{Event, EventKind, RequestKind};

use crate::server::Server;

/// The end of the preface with which an HTTP/2 client begins (RFC 9113 §3.4). To an HTTP/1.1 server it is a request: `PRI * HTTP/2.0`.
const PREFACE_END: &[u8] = b"\r\n\r\nSM\r\n\r\n";

/// What an HTTP/1.1 server says to it.
const ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Answers the preface of an HTTP/2 client in HTTP/1.1, and closes the connection.
pub(super) async fn refuse_preface<S>(mut stream: S, server: &Server)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut seen = Vec::new();
    while !seen.ends_with(PREFACE_END) {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        seen.push(byte);
    }
    let answered = stream.write_all(ANSWER).await.is_ok() && stream.shutdown().await.is_ok();
    server.context.recorder.record(Event::new(
        &server.host,
        EventKind::Http(Exchange {
            asked: RequestKind::Page,
            method: "PRI".to_owned(),
            scheme: "https".to_owned(),
            path: "*".to_owned(),
            version: "HTTP/2.0".to_owned(),
            user: None,
            status: answered.then_some(400),
            location: None,
            body: 0,
            outcome: Outcome::Done,
        }),
    ));
    // What the client has sent behind its preface must not turn the close into a reset.
    let mut scratch = [0; 1024];
    while matches!(stream.read(&mut scratch).await, Ok(count) if count > 0) {}
}
