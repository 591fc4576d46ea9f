//! HTTP and TLS servers for the small internet: connection → TLS (with its faults) → HTTP (with its faults) → [`Site`].

pub mod site;

pub use site::{Body, Request, Site, full};
