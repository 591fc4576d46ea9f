//! The name servers of the small internet (RFC 1034, RFC 1035), on UDP and TCP.
//!
//! [`Zones`] is what a recursive resolver knows, [`serve_dns`] answers questions from it; between the two, one pure function
//! turns (faults, question) into one reply. [`serve_stub`] is the caching resolver of one machine, which asks the others.
//! The wire format is hickory's.

pub mod stub;
pub mod zones;

mod exchange;
mod message;
mod reply;
mod server;

pub use server::serve_dns;
pub use stub::{StubCache, StubSetup, serve_stub};
pub use zones::Zones;
