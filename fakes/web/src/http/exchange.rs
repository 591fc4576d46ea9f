//! What becomes of one request, written down when it is known.

use http::header::{AUTHORIZATION, HeaderMap, LOCATION, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{Method, Response, Version};

use modfault_kit::event::{Exchange, Outcome};
use modfault_kit::{Event, EventKind, Login, RequestKind};

use super::handle::Link;
use crate::site::path_and_query;

/// An exchange under way. It is recorded once: when its end is known, or when it is dropped, which means that the
/// connection or stream is gone.
#[derive(Debug)]
pub(crate) struct Pending {
    link: Link,
    exchange: Option<Exchange>,
    /// What it means when the exchange ends now.
    if_dropped: String,
}

impl Pending {
    pub(crate) fn new(link: &Link, parts: &Parts, asked: RequestKind) -> Self {
        Self {
            link: link.clone(),
            exchange: Some(Exchange {
                asked,
                method: parts.method.to_string(),
                scheme: link.scheme.to_owned(),
                path: path_as_sent(parts),
                version: format!("{:?}", parts.version),
                user: user(&parts.headers),
                status: None,
                location: None,
                body: 0,
                outcome: Outcome::Done,
            }),
            if_dropped: "client went away".to_owned(),
        }
    }

    /// Notes what is asked for, once that is known better.
    pub(crate) fn asks(&mut self, kind: RequestKind) {
        if let Some(exchange) = &mut self.exchange {
            exchange.asked = kind;
        }
    }

    /// Says what it means when the exchange ends from here on.
    pub(crate) fn means(&mut self, outcome: &str) {
        outcome.clone_into(&mut self.if_dropped);
    }

    /// Notes the head of the answer.
    pub(crate) fn answered<B>(&mut self, answer: &Response<B>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.status = Some(answer.status().as_u16());
            exchange.location = answer
                .headers()
                .get(LOCATION)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
    }

    /// Notes that so many more bytes of the body were handed to the connection.
    pub(crate) fn sent(&mut self, bytes: usize) {
        if let Some(exchange) = &mut self.exchange {
            exchange.body += bytes as u64;
        }
    }

    /// The answer was sent whole.
    pub(crate) fn done(&mut self) {
        self.record(Outcome::Done);
    }

    /// The answer was broken off.
    pub(crate) fn failed(&mut self, how: &str) {
        self.record(Outcome::Failed(how.to_owned()));
    }

    fn record(&mut self, outcome: Outcome) {
        if let Some(mut exchange) = self.exchange.take() {
            exchange.outcome = outcome;
            let server = &self.link.server;
            server
                .context
                .recorder
                .record(Event::new(&server.host, EventKind::Http(exchange)));
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let outcome = std::mem::take(&mut self.if_dropped);
        self.record(Outcome::Failed(outcome));
    }
}

/// The path with its query; for CONNECT the authority, for a request to a proxy the absolute URL (RFC 9112 §3.2).
fn path_as_sent(parts: &Parts) -> String {
    // In HTTP/2 the scheme and authority are fields of their own, and hyper has put them into the URI.
    if parts.version == Version::HTTP_2 && parts.method != Method::CONNECT {
        path_and_query(parts)
    } else {
        parts.uri.to_string()
    }
}

/// The user of Basic credentials (RFC 7617 §2), those for a proxy first.
fn user(headers: &HeaderMap) -> Option<String> {
    let value = headers
        .get(PROXY_AUTHORIZATION)
        .or_else(|| headers.get(AUTHORIZATION))?;
    Login::from_basic(value.as_bytes()).map(|login| login.user)
}
