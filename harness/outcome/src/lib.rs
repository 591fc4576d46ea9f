//! modfault-outcome.
