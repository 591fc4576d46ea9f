//! modfault-snapshots.
