//! modfault-wire.
