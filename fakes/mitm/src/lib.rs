//! An HTTP proxy: plain forwarding, CONNECT, and CONNECT with the TLS inside it terminated (RFC 9110 §7, §9.3.6).
//!
//! ```text
//!  client ── serve_proxy ─┬─ GET http://host/...   ── upstream ── host
//!                         ├─ CONNECT, passed       ── bytes ───── host
//!                         └─ CONNECT, terminated   ── a minted leaf, then each request ── upstream ── host
//! ```
//!
//! A proxy is a web site that answers by asking others, so faults, records and refusals are those of any web server; see
//! [`modfault_web`]. Read in this order: [`setup`] says what a proxy is, [`server`] runs it; `site` answers requests,
//! `tunnel` is what follows CONNECT, `upstream` speaks to the hosts behind; `hops`, `kind`, `rules` and `target` are pure.

mod hops;
mod kind;
mod rules;
pub mod server;
pub mod setup;
mod site;
mod target;
mod tunnel;
mod upstream;

pub use server::serve_proxy;
pub use setup::ProxySetup;
