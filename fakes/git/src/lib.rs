//! modfault-git.
