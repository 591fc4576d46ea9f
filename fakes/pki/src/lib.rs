//! modfault-pki.
