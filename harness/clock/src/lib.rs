//! Virtual time for a command that knows nothing of it.
