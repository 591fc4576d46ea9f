//! modfault-scenario.
