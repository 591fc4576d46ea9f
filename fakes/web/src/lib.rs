//! HTTP and TLS servers for the small internet: connection → TLS (with its faults) → HTTP (with its faults) → [`Site`].
//!
//! Read in this order: [`site`] is the border to content, [`server`] listens, [`tls`] does the handshake of one connection,
//! [`http`] serves the requests on it; [`pages`] and [`vanity`] are the sites of this room.

pub mod http;
pub mod pages;
pub mod server;
pub mod site;
pub mod tls;
pub mod vanity;

pub use http::{Protocol, serve_http};
pub use pages::{Page, PagesSite};
pub use server::{Server, serve_connection, serve_web};
pub use site::{Body, Request, Site, admits, asked, full};
pub use tls::TlsSetup;
pub use vanity::{Gate, GoImport, Refusal, VanitySite};
