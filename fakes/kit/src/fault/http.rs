//! HTTP faults (RFC 9110, RFC 9112, RFC 9113).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;
use crate::select::Asked;

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HttpFault {
    /// This status, with a short plain-text body that says no more than its reason phrase.
    Status(u16),
    /// This status with this body of this type.
    Respond {
        /// The status.
        status: u16,
        /// `Content-Type`.
        #[serde(
            default,
            rename = "content-type",
            skip_serializing_if = "Option::is_none"
        )]
        content_type: Option<String>,
        /// The body.
        #[serde(default)]
        body: String,
        /// Further header fields.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
    },
    /// A captive portal: 200 and an HTML login page whatever is asked for.
    CaptivePage,
    /// 200 with an empty body.
    EmptyBody,
    /// The right body under this `Content-Type`.
    ContentType(String),
    /// `Content-Length` says so many bytes more than the body has; the connection then closes.
    LengthTooLong(ByteCount),
    /// The connection closes (FIN) after so many bytes of the body.
    CutBody(ByteCount),
    /// The connection is reset after so many bytes of the body.
    ResetBody(ByteCount),
    /// The body ends after so many bytes, and header fields claim that this is all of it.
    TruncateBody(ByteCount),
    /// One byte of the body at this offset is changed.
    CorruptBody(ByteCount),
    /// No answer comes; the connection stays open.
    Stall,
    /// The body stops after so many bytes; the connection stays open.
    StallBody(ByteCount),
    /// The answer begins only after this time.
    Delay(
        #[serde(with = "humantime_serde")]
        #[schemars(with = "crate::quantity::DurationText")]
        std::time::Duration,
    ),
    /// The connection closes before any answer.
    CloseBeforeAnswer,
    /// A redirect to the same path, for ever.
    RedirectLoop,
    /// A redirect to this URL; `{path}` in it stands for the path asked for.
    Redirect(String),
    /// 401 with `WWW-Authenticate: Basic`, whatever credentials come.
    Unauthorized,
    /// 407 with `Proxy-Authenticate: Basic`, whatever credentials come; for a proxy.
    ProxyAuthenticationRequired,
    /// 429 with `Retry-After` of so many seconds.
    TooManyRequests(u64),
    /// The path is changed before it is looked up, as a middlebox does.
    ManglePath(PathMangling),
    /// These header fields of the request are lost on the way.
    DropRequestHeaders(Vec<String>),
    /// The body is sent with `Content-Encoding: gzip` but is not compressed.
    FalseGzip,
    /// The HTTP/2 connection ends with GOAWAY while the request is under way (RFC 9113 §6.8).
    Goaway,
    /// The HTTP/2 stream is reset with this error code (RFC 9113 §7).
    RstStream(u32),
    /// The HTTP/2 connection ends with GOAWAY, which says that this request was not begun (RFC 9113 §6.8).
    GoawayUnbegun,
    /// The HTTP/2 connection ends with GOAWAY and this error code while the request is under way (RFC 9113 §7).
    GoawayCode(u32),
    /// These header fields of the answer are lost on the way. Without `Content-Length` an HTTP/1.1 body comes in chunks.
    DropResponseHeaders(Vec<String>),
    /// The answer has these header fields, in place of those of the same name.
    ResponseHeaders(BTreeMap<String, String>),
    /// The body is rewritten on the way.
    RewriteBody(BodyRewriting),
    /// The answer is held until all of it has come, at so many kB a second; then it goes on at once.
    Buffer(u64),
    /// A request whose path with its query is longer is answered 414 (RFC 9110 §15.5.15).
    LineLimit(ByteCount),
    /// A request whose header fields are larger together is answered 431 (RFC 6585 §5).
    HeaderLimit(ByteCount),
    /// These bytes are the answer as they stand, whatever they mean; the connection then closes. HTTP/1.1 only.
    Raw(String),
    /// The connection closes as a second request comes on it, as one that was idle for too long.
    CloseReused,
    /// The same, with a reset.
    ResetReused,
}

/// How a middlebox changes a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BodyRewriting {
    /// A script element is put at the end.
    InjectHtml,
    /// Each line feed gets a carriage return before it, as by a transfer in text mode.
    CrlfLines,
    /// What is no printable ASCII becomes `?`, as by a filter that takes everything for text.
    AsciiOnly,
}

/// How a request came, beside what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The size of its header fields, each counted as `name: value` and a line end.
    pub headers: ByteCount,
    /// Which request of its connection it is, from 1.
    pub nth: u64,
}

impl HttpFault {
    /// Whether it changes the answer to `asked`, which came so: a limit is about what exceeds it.
    ///
    /// A server asks this before it fires the fault, so that only what was bent is recorded as such.
    pub fn concerns(&self, asked: &Asked, arrival: Arrival) -> bool {
        match self {
            Self::LineLimit(limit) => asked.path.len() as u64 > limit.0,
            Self::HeaderLimit(limit) => arrival.headers > *limit,
            Self::CloseReused | Self::ResetReused => arrival.nth > 1,
            _ => true,
        }
    }
}
/// How a middlebox changes a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PathMangling {
    /// `@` becomes `%40` and is looked up so.
    EscapeAt,
    /// `!` becomes `%21` and is looked up so.
    EscapeBang,
    /// `%2F` becomes `/`.
    DecodeSlash,
    /// The path becomes lower case.
    LowerCase,
    /// `%` becomes `%25`: what was encoded is encoded once more, and looked up so.
    EscapePercent,
}
