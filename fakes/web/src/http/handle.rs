//! One request: classified, put through the faults, answered by a site.

use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use h2::Reason;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use modfault_kit::fault::{Arrival, Fault, HttpFault};
use modfault_kit::{Asked, ByteCount, Fired, RequestKind};

use super::Protocol;
use super::body::AnswerBody;
use super::effect::{Effects, Silence, page, stated_length};
use super::exchange::Pending;
use super::lent::{Breaker, Ending};
use crate::server::Server;
use crate::site::{Body, Request, Site, asked, full, path_and_query};

/// The connection that a request came on.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) scheme: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) breaker: Breaker,
    /// How many requests have come on it.
    pub(crate) requests: Arc<AtomicU64>,
    pub(crate) server: Arc<Server>,
}

/// Answers `request`. An error resets the stream with its reason (RFC 9113 §7).
pub(crate) async fn handle(
    link: Link,
    request: hyper::Request<Incoming>,
) -> Result<Response<AnswerBody>, h2::Error> {
    let server = Arc::clone(&link.server);
    let (mut parts, incoming) = request.into_parts();
    let (mut site, mut asked) = classify(&server, &parts);
    let mut pending = Pending::new(&link, &parts, asked.kind);
    let Ok(body) = incoming.collect().await else {
        return Err(Reason::CANCEL.into());
    };
    let body = body.to_bytes();
    if let Some(site) = site {
        asked = site.refine(asked, &body);
        pending.asks(asked.kind);
    }
    let arrival = arrival(&link, &parts);
    let fields = fields(&parts);
    let fired = server
        .context
        .armed
        .fire_placed(&server.host, &asked, |placed| {
            placed.select.takes_headers(&fields) && concerns(&placed.what, &asked, arrival)
        });
    let (http_faults, site_faults) = told_apart(fired);
    let mut effects = Effects::of(&http_faults, &path_and_query(&parts));

    if let Some(silence) = effects.silence.take_if(|silence| applies(silence, &link)) {
        return Err(keep_silent(silence, &link, pending).await);
    }
    if !effects.delay.is_zero() {
        server.context.clock.sleep(effects.delay).await;
    }
    let answer = if let Some(answer) = effects.instead.take() {
        answer
    } else {
        effects.change_request(&mut parts);
        if !effects.mangling.is_empty() {
            (site, asked) = classify(&server, &parts);
        }
        let request = Request {
            host: server.host.clone(),
            scheme: link.scheme,
            parts: parts.clone(),
            body,
            asked,
            fired: site_faults,
        };
        answer_of(site, request).await
    };
    let Ok(answer) = effects.change_answer(answer, &server.context.clock).await else {
        pending.failed("broken off by the server");
        return Err(Reason::INTERNAL_ERROR.into());
    };
    Ok(finish(answer, &parts.method, pending, &link, &effects))
}

/// The site that takes a request and what it says that is asked for; without one, a page.
fn classify<'a>(server: &'a Server, parts: &Parts) -> (Option<&'a dyn Site>, Asked) {
    for site in &server.sites {
        if let Some(asked) = site.classify(parts) {
            return (Some(site.as_ref()), asked);
        }
    }
    (None, asked(parts, RequestKind::Page, None))
}

async fn answer_of(site: Option<&dyn Site>, request: Request) -> Response<Body> {
    match site {
        Some(site) => site.answer(request).await,
        None => page(404, "text/plain", None),
    }
}

/// The header fields of a request that are text.
fn fields(parts: &Parts) -> Vec<(&str, &str)> {
    let fields = parts.headers.iter();
    fields
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect()
}

/// How a request came; it counts as one more of its connection.
fn arrival(link: &Link, parts: &Parts) -> Arrival {
    let headers = parts.headers.iter();
    Arrival {
        headers: ByteCount(
            headers
                .map(|(name, value)| (name.as_str().len() + value.len() + 4) as u64)
                .sum(),
        ),
        nth: link.requests.fetch_add(1, Ordering::Relaxed) + 1,
    }
}

/// Whether `fault` is about requests, and about such a one.
fn concerns(fault: &Fault, asked: &Asked, arrival: Arrival) -> bool {
    match fault {
        Fault::Http(fault) => fault.concerns(asked, arrival),
        Fault::Goproxy(fault) => fault.concerns(asked),
        Fault::Sumdb(fault) => fault.concerns(asked),
        Fault::Git(fault) => fault.concerns(asked),
        Fault::Vanity(_) => asked.kind == RequestKind::GoGet,
        Fault::Dns(_) | Fault::Net(_) | Fault::Tcp(_) | Fault::Tls(_) | Fault::Ssh(_) => false,
    }
}

/// The HTTP faults, and those that the site sees to.
fn told_apart(fired: Vec<Fired>) -> (Vec<HttpFault>, Vec<Fired>) {
    let mut http = Vec::new();
    let mut site = Vec::new();
    for fired in fired {
        if let Fault::Http(fault) = fired.fault {
            http.push(fault);
        } else {
            site.push(fired);
        }
    }
    (http, site)
}

/// Whether the protocol of the connection has what `silence` is made of.
fn applies(silence: &Silence, link: &Link) -> bool {
    match silence {
        Silence::Stall | Silence::Close | Silence::Reset => true,
        Silence::Goaway(_) | Silence::ResetStream(_) => link.protocol == Protocol::Http2,
        Silence::Raw(_) => link.protocol == Protocol::Http1,
    }
}

/// Leaves the request without an answer. Returns only where the stream alone is reset.
async fn keep_silent(silence: Silence, link: &Link, mut pending: Pending) -> h2::Error {
    match silence {
        Silence::Stall => pending.means("stalled before the answer"),
        Silence::Close => {
            pending.failed("closed before the answer");
            link.breaker.pull(Ending::Close);
        }
        Silence::Reset => {
            pending.failed("reset before the answer");
            link.breaker.pull(Ending::Reset);
        }
        Silence::Goaway(frame) => {
            pending.failed("connection ended with goaway");
            link.breaker.pull(Ending::Goaway(frame));
        }
        Silence::Raw(bytes) => {
            pending.failed("other bytes than an answer's");
            link.breaker.pull(Ending::Raw(bytes));
        }
        Silence::ResetStream(code) => {
            let reason = Reason::from(code);
            pending.failed(&format!("stream reset with {reason:?}"));
            return reason.into();
        }
    }
    // Whoever ends the connection drops this, and `pending` with it.
    future::pending().await
}

/// Completes the head and ties the body to the exchange.
fn finish(
    answer: Response<Body>,
    method: &Method,
    mut pending: Pending,
    link: &Link,
    effects: &Effects,
) -> Response<AnswerBody> {
    let (mut head, mut body) = answer.into_parts();
    let bodiless = method == Method::CONNECT && head.status.is_success()
        || head.status.is_informational()
        || head.status == StatusCode::NO_CONTENT
        || head.status == StatusCode::NOT_MODIFIED;
    if !bodiless
        && !effects.loses(&CONTENT_LENGTH)
        && !head.headers.contains_key(CONTENT_LENGTH)
        && let Some(length) = body.size_hint().exact()
    {
        head.headers
            .insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    let mut stop = effects.stop;
    if bodiless || method == Method::HEAD {
        body = full(Bytes::new());
        stop = None;
    }
    let answer = Response::from_parts(head, ());
    pending.answered(&answer);
    let length = stated_length(answer.headers());
    let body = AnswerBody::new(body, pending, link.breaker.clone(), length, stop);
    answer.map(|()| body)
}
