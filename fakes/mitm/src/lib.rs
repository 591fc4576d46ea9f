//! modfault-mitm.
