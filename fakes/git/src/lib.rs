//! Git servers of the small internet: real repositories behind smart HTTP (gitprotocol-http), served by `git http-backend`,
//! and behind SSH, served by `git upload-pack`.
//!
//! Read in this order: a [`History`] says what a repository holds, a [`RepositoryStore`] makes it on disk once and
//! [`copy()`] gives a variant that may be changed ([`retag`], [`hide`]); a [`GitSite`] answers for it, behind its faults, and [`ssh`] for the same over SSH.

pub mod error;
pub mod history;
pub mod program;
pub mod repository;
pub mod site;
pub mod ssh;
pub mod store;

mod backend;
mod bend;
mod pack;

pub use error::GitError;
pub use history::{History, Tagging};
pub use program::Git;
pub use repository::{build_repository, copy, hide, retag, variant};
pub use site::{GitSite, Repository};
pub use ssh::{SshKey, SshSetup, serve_ssh};
pub use store::RepositoryStore;
