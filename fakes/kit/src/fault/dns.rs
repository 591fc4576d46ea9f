//! DNS faults (RFC 1035, RFC 2308).

use std::net::IpAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What goes wrong with the answer about a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DnsFault {
    /// The resolver answers with this response code (RFC 1035 §4.1.1).
    Answer(ResponseCode),
    /// The name exists but the answer has no records (NODATA, RFC 2308 §2.2).
    Empty,
    /// No answer comes.
    Drop,
    /// The answer comes so much later.
    Delay(
        #[serde(with = "humantime_serde")]
        #[schemars(with = "crate::quantity::DurationText")]
        Duration,
    ),
    /// The UDP answer is truncated (TC, RFC 2181 §9) and TCP is refused.
    TruncateAndRefuseTcp,
    /// The UDP answer is truncated; the whole one comes over TCP (RFC 7766).
    Truncate,
    /// The answer gives these addresses instead of the right ones.
    Address(Vec<IpAddr>),
    /// The name is an alias of an alias of itself (RFC 1034 §3.6.2).
    CnameLoop,
    /// Only AAAA records: the A question is answered without records.
    OnlyAaaa,
    /// The answer is not a DNS message: the question is repeated, and then a record breaks off.
    Malformed,
    /// A question with an EDNS record gets FORMERR and none back, as from a server that is older than EDNS (RFC 6891 §7).
    RefuseEdns,
    /// The UDP answer bears another id than the question, so that it is an answer to nobody (RFC 5452 §9.1).
    WrongId,
}

/// A DNS response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResponseCode {
    /// The name does not exist.
    Nxdomain,
    /// The server failed.
    Servfail,
    /// The server will not answer.
    Refused,
    /// The server did not understand the question.
    Formerr,
    /// The server does not do this.
    Notimp,
}
