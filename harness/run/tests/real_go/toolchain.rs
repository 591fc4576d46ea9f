//! The `go` that judges: the newest pinned one, fetched where it is not kept yet.

use std::ops::ControlFlow;
use std::path::PathBuf;

use modfault_toolchain::{Environment, Wanted, find, newest_pinned};

/// The program.
pub(crate) fn go() -> PathBuf {
    let environment = Environment::new(std::env::vars());
    let wanted = Wanted::Version(newest_pinned().clone());
    find(&wanted, &environment, &mut |_| ControlFlow::Continue(()))
        .expect("the newest pinned Go is found or fetched")
        .root
        .join("bin/go")
}
