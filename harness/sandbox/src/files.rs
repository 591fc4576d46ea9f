//! The client's files, reached from outside.

use std::os::fd::OwnedFd;

use crate::Identity;

/// The client's files, reached from outside: no link in them leads out.
#[derive(Debug, Default)]
pub struct Files {
    root: Option<(OwnedFd, Identity)>,
}

impl Files {
    pub(crate) fn new(root: OwnedFd, identity: Identity) -> Self {
        Self {
            root: Some((root, identity)),
        }
    }
}
