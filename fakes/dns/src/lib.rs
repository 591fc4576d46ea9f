//! The resolver of the small internet: a recursive name server (RFC 1034, RFC 1035) on UDP and TCP.
//!
//! [`Zones`] is what it knows, [`serve_dns`] answers questions from it; between the two, one pure function turns
//! (faults, question) into one reply. The wire format is hickory's.

pub mod zones;

mod message;
mod reply;
mod server;

pub use server::serve_dns;
pub use zones::Zones;
