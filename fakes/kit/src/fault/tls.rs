//! TLS faults (RFC 8446, RFC 5280, RFC 6125).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::HostName;

/// What goes wrong in the handshake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsFault {
    /// The server sends a flawed certificate or chain.
    Chain(ChainFlaw),
    /// Whatever name is asked for, the certificate of this one is sent (SNI misrouted, RFC 6066 §3).
    AnswerFor(HostName),
    /// The server speaks only versions that the client does not: TLS 1.0.
    OldVersion,
    /// The server shares no application protocol with the client (RFC 7301 §3.2).
    NoSharedAlpn,
    /// The server wants a client certificate.
    ClientCertificate,
    /// Plain HTTP is spoken on the port.
    PlainHttp,
    /// The ClientHello is read and nothing comes back.
    Stall,
    /// The handshake is answered with this fatal alert (RFC 8446 §6).
    Alert(Alert),
    /// The connection is closed after the ClientHello.
    Close,
    /// The connection is reset after the ClientHello.
    Reset,
    /// The server agrees on HTTP/1.1 alone, though the client offers HTTP/2 (RFC 7301 §3.2).
    Http1Only,
    /// The server agrees on HTTP/2 and answers the client's preface in HTTP/1.1, with 400 (RFC 9113 §3.4).
    Http1AfterH2,
}

/// A fatal alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Alert {
    /// 40
    HandshakeFailure,
    /// 70
    ProtocolVersion,
    /// 71
    InsufficientSecurity,
    /// 80
    InternalError,
    /// 112
    UnrecognizedName,
    /// 49
    AccessDenied,
}

/// A flaw of the certificate or of the chain around it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ChainFlaw {
    /// The leaf is signed by itself.
    SelfSigned,
    /// The root that signed the chain is in nobody's store.
    UnknownRoot,
    /// The corporate root signed the chain: an interception proxy's work.
    CorporateRoot,
    /// The leaf comes without the intermediate that signed it.
    LeafOnly,
    /// The intermediate sent is another one.
    WrongIntermediate,
    /// The leaf's validity has ended.
    Expired,
    /// The leaf's validity has not begun.
    NotYetValid,
    /// The intermediate's validity has ended.
    ExpiredIntermediate,
    /// The leaf is for another name.
    WrongName,
    /// The name stands in the common name alone (RFC 6125 §6.4.4).
    CommonNameOnly,
    /// The leaf is signed with SHA-1.
    Sha1,
    /// The leaf's key is 1024-bit RSA.
    WeakKey,
    /// The leaf may not be used for server authentication (extended key usage, RFC 5280 §4.2.1.12).
    NotForServers,
    /// The leaf stands on the revocation list of the authority that signed it (RFC 5280 §5), and names where that list is.
    Revoked,
}

impl ChainFlaw {
    /// Every flaw.
    pub const ALL: [Self; 14] = [
        Self::SelfSigned,
        Self::UnknownRoot,
        Self::CorporateRoot,
        Self::LeafOnly,
        Self::WrongIntermediate,
        Self::Expired,
        Self::NotYetValid,
        Self::ExpiredIntermediate,
        Self::WrongName,
        Self::CommonNameOnly,
        Self::Sha1,
        Self::WeakKey,
        Self::NotForServers,
        Self::Revoked,
    ];
}
