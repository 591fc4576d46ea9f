//! modfault-sandbox.
