//! Bytes that a TLS library would not send.

use rustls::CipherSuite;

use modfault_kit::fault::Alert;

/// Cipher suites of TLS 1.0 that a client may still offer (RFC 2246 §A.5, RFC 4492 §6).
const SUITES_OF_TLS_1_0: [CipherSuite; 6] = [
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
];

/// The ServerHello of a server that knows no version after TLS 1.0 (RFC 2246 §7.4.1.3), as a record.
pub(crate) fn hello_of_tls_1_0(offered: &[CipherSuite]) -> Vec<u8> {
    let suite = SUITES_OF_TLS_1_0
        .into_iter()
        .find(|suite| offered.contains(suite))
        .unwrap_or(CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA);
    // version, random, empty session_id, cipher_suite, null compression, and an empty renegotiation_info (RFC 5746 §3.6)
    // without which OpenSSL would complain of that first
    let mut hello = vec![3, 1];
    hello.extend([0x5a; 32]);
    hello.push(0);
    hello.extend(u16::from(suite).to_be_bytes());
    hello.push(0);
    hello.extend([0, 5, 0xff, 1, 0, 1, 0]);
    let length = hello.len() as u8;
    // A handshake record of version 3.1 with the message server_hello.
    let mut record = vec![22, 3, 1, 0, length + 4, 2, 0, 0, length];
    record.extend(hello);
    record
}

/// `alert`, fatal, as a plaintext record (RFC 8446 §6).
pub(crate) fn alert_record(alert: Alert) -> [u8; 7] {
    [21, 3, 3, 0, 2, 2, code(alert)]
}

/// What a server says in plain HTTP/1.1 to a client that greets it in TLS.
pub(crate) fn plain_http() -> Vec<u8> {
    let body = "This port speaks plain HTTP.\n";
    format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The words for having sent `alert`.
pub(crate) fn alert_outcome(alert: Alert) -> &'static str {
    match alert {
        Alert::HandshakeFailure => "server sent alert handshake_failure",
        Alert::ProtocolVersion => "server sent alert protocol_version",
        Alert::InsufficientSecurity => "server sent alert insufficient_security",
        Alert::InternalError => "server sent alert internal_error",
        Alert::UnrecognizedName => "server sent alert unrecognized_name",
        Alert::AccessDenied => "server sent alert access_denied",
    }
}

fn code(alert: Alert) -> u8 {
    match alert {
        Alert::HandshakeFailure => 40,
        Alert::ProtocolVersion => 70,
        Alert::InsufficientSecurity => 71,
        Alert::InternalError => 80,
        Alert::UnrecognizedName => 112,
        Alert::AccessDenied => 49,
    }
}
