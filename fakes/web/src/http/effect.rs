//! What HTTP faults do to one request and its answer.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Response, StatusCode, Uri};
use http_body_util::BodyExt;

use modfault_kit::Clock;
use modfault_kit::fault::{BodyRewriting, HttpFault, PathMangling};

use super::body::{Stop, StopBy};
use super::lent::Goaway;
use super::rewrite::rewritten;
use crate::site::{Body, full};

/// What the page of a captive portal says.
const CAPTIVE_PAGE: &str = "<!DOCTYPE html>\n<html>\n<head><title>Sign in to the network</title></head>\n<body>\n\
    <h1>Welcome</h1>\n<form action=\"/login\" method=\"post\"><input name=\"room\"><button>Connect</button></form>\n\
    </body>\n</html>\n";

/// Everything that the faults which fire for one request do. Where two want the same place, the first has it.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// How the path is changed before it is looked up.
    pub(crate) mangling: Vec<PathMangling>,
    /// The header fields that the request loses.
    pub(crate) lost_headers: Vec<String>,
    /// How long the answer is held back.
    pub(crate) delay: Duration,
    /// There is no answer.
    pub(crate) silence: Option<Silence>,
    /// This is the answer, and no site is asked.
    pub(crate) instead: Option<Response<Body>>,
    /// What is changed in the answer.
    pub(crate) changes: Vec<Change>,
    /// Where the body stops.
    pub(crate) stop: Option<Stop>,
    /// The header fields that the answer loses.
    lost_answer_headers: Vec<String>,
    /// The header fields that the answer gets.
    answer_headers: BTreeMap<String, String>,
    /// The answer is held until it is whole; it comes at so many kB a second.
    buffer: Option<u64>,
}

/// How a request is left without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Nothing happens.
    Stall,
    /// The connection closes.
    Close,
    /// The connection is reset.
    Reset,
    /// The connection ends with GOAWAY; in HTTP/2 only.
    Goaway(Goaway),
    /// The stream is reset with this code; in HTTP/2 only.
    ResetStream(u32),
    /// These bytes come in place of an answer, and the connection closes; in HTTP/1.1 only.
    Raw(Bytes),
}

/// A change of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// It has this `Content-Type`.
    ContentType(String),
    /// Its head claims compression.
    FalseGzip,
    /// It has only so many bytes.
    Truncate(u64),
    /// The byte at this offset is another.
    Corrupt(u64),
    /// Its head states so many bytes too many.
    LengthTooLong(u64),
    /// Its body is rewritten so.
    Rewrite(BodyRewriting),
}

impl Effects {
    /// What `faults` do together to a request for `path` (with its query).
    pub(crate) fn of<'a>(faults: impl IntoIterator<Item = &'a HttpFault>, path: &str) -> Self {
        let mut effects = Self::default();
        for fault in faults {
            effects.add(fault, path);
        }
        effects
    }

    fn add(&mut self, fault: &HttpFault, path: &str) {
        match fault {
            HttpFault::Status(status) => self.answer(page(*status, "text/plain", None)),
            HttpFault::Respond {
                status,
                content_type,
                body,
                headers,
            } => {
                let content_type = content_type.as_deref().unwrap_or("text/plain");
                let mut answer = page(*status, content_type, Some(body));
                set(answer.headers_mut(), headers);
                self.answer(answer);
            }
            HttpFault::CaptivePage => self.answer(page(200, "text/html", Some(CAPTIVE_PAGE))),
            HttpFault::EmptyBody => self.answer(page(200, "text/plain", Some(""))),
            HttpFault::RedirectLoop => self.answer(redirect(path)),
            HttpFault::Redirect(to) => self.answer(redirect(&fill(to, path))),
            HttpFault::Unauthorized => {
                self.answer(challenge(401, WWW_AUTHENTICATE));
            }
            HttpFault::ProxyAuthenticationRequired => {
                self.answer(challenge(407, PROXY_AUTHENTICATE));
            }
            HttpFault::TooManyRequests(seconds) => {
                let mut answer = page(429, "text/plain", None);
                answer
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from(*seconds));
                self.answer(answer);
            }
            HttpFault::ContentType(value) => self.changes.push(Change::ContentType(value.clone())),
            HttpFault::FalseGzip => self.changes.push(Change::FalseGzip),
            HttpFault::TruncateBody(bytes) => self.changes.push(Change::Truncate(bytes.0)),
            HttpFault::CorruptBody(offset) => self.changes.push(Change::Corrupt(offset.0)),
            HttpFault::LengthTooLong(bytes) => self.changes.push(Change::LengthTooLong(bytes.0)),
            HttpFault::CutBody(bytes) => self.stop(bytes.0, StopBy::Close),
            HttpFault::ResetBody(bytes) => self.stop(bytes.0, StopBy::Reset),
            HttpFault::StallBody(bytes) => self.stop(bytes.0, StopBy::Stall),
            HttpFault::Stall => self.silence(Silence::Stall),
            HttpFault::CloseBeforeAnswer => self.silence(Silence::Close),
            HttpFault::Goaway => self.silence(Silence::Goaway(Goaway::of_shutdown())),
            HttpFault::GoawayUnbegun => self.silence(Silence::Goaway(Goaway::unbegun())),
            HttpFault::GoawayCode(code) => self.silence(Silence::Goaway(Goaway::with(*code))),
            HttpFault::Raw(bytes) => {
                self.silence(Silence::Raw(Bytes::copy_from_slice(bytes.as_bytes())));
            }
            HttpFault::CloseReused => self.silence(Silence::Close),
            HttpFault::ResetReused => self.silence(Silence::Reset),
            HttpFault::RstStream(code) => self.silence(Silence::ResetStream(*code)),
            HttpFault::Delay(delay) => self.delay += *delay,
            HttpFault::ManglePath(mangling) => self.mangling.push(*mangling),
            HttpFault::DropRequestHeaders(names) => self.lost_headers.extend_from_slice(names),
            HttpFault::DropResponseHeaders(names) => {
                self.lost_answer_headers.extend_from_slice(names);
            }
            HttpFault::ResponseHeaders(fields) => self.answer_headers.extend(fields.clone()),
            HttpFault::RewriteBody(how) => self.changes.push(Change::Rewrite(*how)),
            HttpFault::Buffer(rate) => self.buffer = Some((*rate).max(1)),
            HttpFault::LineLimit(_) => self.answer(page(414, "text/plain", None)),
            HttpFault::HeaderLimit(_) => self.answer(page(431, "text/plain", None)),
        }
    }

    fn answer(&mut self, answer: Response<Body>) {
        self.instead.get_or_insert(answer);
    }

    fn silence(&mut self, silence: Silence) {
        self.silence.get_or_insert(silence);
    }

    fn stop(&mut self, after: u64, by: StopBy) {
        self.stop.get_or_insert(Stop { after, by });
    }

    /// Changes the request on its way in.
    pub(crate) fn change_request(&self, parts: &mut Parts) {
        for name in &self.lost_headers {
            parts.headers.remove(name);
        }
        for mangling in &self.mangling {
            parts.uri = mangled(&parts.uri, *mangling);
        }
    }

    /// Whether the answer loses the header field `name`.
    pub(crate) fn loses(&self, name: &HeaderName) -> bool {
        self.lost_answer_headers
            .iter()
            .any(|lost| name.as_str().eq_ignore_ascii_case(lost))
    }

    /// Changes the answer on its way out, and lets it go when its time has come.
    pub(crate) async fn change_answer(
        &mut self,
        answer: Response<Body>,
        clock: &Clock,
    ) -> std::io::Result<Response<Body>> {
        let answer = self.change_body(answer).await?;
        let mut answer = match self.buffer {
            Some(rate) => held(answer, rate, clock).await?,
            None => answer,
        };
        for name in &self.lost_answer_headers {
            answer.headers_mut().remove(name);
        }
        set(answer.headers_mut(), &self.answer_headers);
        Ok(answer)
    }

    /// The answer with what is changed in its body, which is collected first, and in what the head says of it.
    async fn change_body(&mut self, answer: Response<Body>) -> std::io::Result<Response<Body>> {
        if self.changes.is_empty() {
            return Ok(answer);
        }
        let (mut head, body) = answer.into_parts();
        let mut bytes = body.collect().await?.to_bytes();
        head.headers.remove(CONTENT_LENGTH);
        for change in &self.changes {
            match change {
                Change::ContentType(value) => {
                    if let Ok(value) = HeaderValue::try_from(value) {
                        head.headers.insert(CONTENT_TYPE, value);
                    }
                }
                Change::FalseGzip => {
                    head.headers
                        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                }
                Change::Truncate(length) => {
                    bytes.truncate(usize::try_from(*length).unwrap_or(usize::MAX));
                }
                Change::Corrupt(offset) => bytes = corrupted(bytes, *offset),
                Change::Rewrite(how) => bytes = rewritten(&bytes, *how),
                Change::LengthTooLong(more) => {
                    let length = bytes.len() as u64;
                    head.headers
                        .insert(CONTENT_LENGTH, HeaderValue::from(length + more));
                    self.stop.get_or_insert(Stop {
                        after: length,
                        by: StopBy::Close,
                    });
                }
            }
        }
        Ok(Response::from_parts(head, full(bytes)))
    }
}

/// `answer` as a front passes it on that waits for the whole of it, which comes at `rate` kB a second.
async fn held(answer: Response<Body>, rate: u64, clock: &Clock) -> std::io::Result<Response<Body>> {
    let (head, body) = answer.into_parts();
    let bytes = body.collect().await?.to_bytes();
    let time = Duration::from_millis(bytes.len() as u64 / rate);
    clock.sleep(time).await;
    Ok(Response::from_parts(head, full(bytes)))
}

/// Puts `fields` into `headers`; what is no header field is passed over.
fn set(headers: &mut HeaderMap, fields: &BTreeMap<String, String>) {
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}

/// `bytes` with all bits of the byte at `offset` turned round; nothing changes beyond the end.
fn corrupted(bytes: Bytes, offset: u64) -> Bytes {
    let mut bytes = bytes.to_vec();
    if let Some(byte) = usize::try_from(offset)
        .ok()
        .and_then(|offset| bytes.get_mut(offset))
    {
        *byte = !*byte;
    }
    bytes.into()
}

/// An answer of ours: without a body, its text is the reason phrase of `status` alone.
pub(crate) fn page(status: u16, content_type: &str, body: Option<&str>) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = body.map_or_else(
        || match status.canonical_reason() {
            Some(reason) => format!("{reason}\n"),
            None => format!("{}\n", status.as_u16()),
        },
        str::to_owned,
    );
    let mut answer = Response::new(full(text));
    *answer.status_mut() = status;
    if let Ok(value) = HeaderValue::try_from(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}

fn redirect(to: &str) -> Response<Body> {
    let mut answer = page(302, "text/plain", None);
    if let Ok(value) = HeaderValue::try_from(to) {
        answer.headers_mut().insert(LOCATION, value);
    }
    answer
}

fn challenge(status: u16, field: HeaderName) -> Response<Body> {
    let mut answer = page(status, "text/plain", None);
    answer
        .headers_mut()
        .insert(field, HeaderValue::from_static("Basic realm=\"sign in\""));
    answer
}

/// `template` with `path` for `{path}`; a slash before it and the one that `path` begins with become one.
fn fill(template: &str, path: &str) -> String {
    template.replace("/{path}", path).replace("{path}", path)
}

/// `uri` with its path changed and its query kept.
fn mangled(uri: &Uri, mangling: PathMangling) -> Uri {
    let path = uri.path();
    let path = match mangling {
        // Sites decode a path once (RFC 3986 §2.1): what they are to look up is the escape itself.
        // A client may have sent the escape already, as go does with `!`.
        PathMangling::EscapeAt => path.replace("%40", "@").replace('@', "%2540"),
        PathMangling::EscapeBang => path.replace("%21", "!").replace('!', "%2521"),
        PathMangling::DecodeSlash => path.replace("%2F", "/").replace("%2f", "/"),
        PathMangling::LowerCase => path.to_lowercase(),
        PathMangling::EscapePercent => path.replace('%', "%25"),
    };
    let text = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    // Of a path that was one, each of these makes another.
    if let Ok(changed) = PathAndQuery::try_from(text) {
        parts.path_and_query = Some(changed);
    }
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// The length that the head of an answer states.
pub(crate) fn stated_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
