//! Git over SSH (RFC 4251 to 4254): the repositories of one host, served by `git upload-pack`.
//!
//! A code host has one user, `git`, one command for readers, and no shell; who somebody is, the key says.

mod channel;
mod command;
mod gate;
mod key;
mod server;
mod session;
mod transfer;

pub use key::SshKey;
pub use server::{SshSetup, serve_ssh};
