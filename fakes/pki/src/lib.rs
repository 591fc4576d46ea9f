//! Certificates for the small internet: roots, intermediates, leaves, and every flaw that a chain can have.
//!
//! Everything is a function of a seed: keys are hashed from it, signatures are RFC 6979, serials and validity are fixed, so a
//! certificate is the same bytes in every run. There are no sockets, files or clocks here.
//!
//! Read in this order: [`Authority`] names who signs, [`Pki`] makes chains for names, [`Chain`] is what a server sends.

pub mod authority;
pub mod chain;
pub mod key;
mod leaf;
pub mod pki;
pub mod revocation;
mod sha1_leaf;
mod weak_key;

pub use authority::Authority;
pub use chain::Chain;
pub use pki::{Pki, PkiError, pem};
