//! HTTP faults (RFC 9110, RFC 9112, RFC 9113).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;

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
}
