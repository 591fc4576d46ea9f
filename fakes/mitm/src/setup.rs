//! What a proxy is.

use std::sync::Arc;
use std::time::Duration;

use modfault_kit::{Dial, Login};
use modfault_pki::{Authority, Pki};
use modfault_web::TlsSetup;

/// A proxy: whom it lets through, to where, and whether it looks into TLS.
#[derive(Clone, Debug)]
pub struct ProxySetup {
    /// Where its own leaves, and the roots that it trusts, come from.
    pub pki: Arc<Pki>,
    /// How it reaches other hosts.
    pub dial: Dial,
    /// The authority that it mints leaves from; `None` for a proxy that passes the bytes of a tunnel on.
    pub terminate: Option<Authority>,
    /// The Basic credentials that it wants (RFC 7617), if any.
    pub login: Option<Login>,
    /// Hosts that it refuses with 403; `*` in a pattern stands for any run of characters.
    pub deny: Vec<String>,
    /// Paths that it refuses with 403, where it sees any: in plain requests, and within a tunnel that it ends. `*` as in `deny`.
    pub deny_paths: Vec<String>,
    /// The ports that CONNECT may lead to; `None` for every one.
    pub connect_ports: Option<Vec<u16>>,
    /// TLS between client and proxy, where the proxy's own URL is `https`.
    pub tls: Option<TlsSetup>,
    /// How long it waits for a connection, and then for the head of an answer, before it says 504.
    pub upstream_timeout: Duration,
}

impl ProxySetup {
    /// A proxy that lets everybody through to everywhere, looks into nothing, and waits a minute for others.
    pub fn new(pki: Arc<Pki>, dial: Dial) -> Self {
        Self {
            pki,
            dial,
            terminate: None,
            login: None,
            deny: Vec::new(),
            deny_paths: Vec::new(),
            connect_ports: None,
            tls: None,
            upstream_timeout: Duration::from_secs(60),
        }
    }
}
