//! modfault-run.
