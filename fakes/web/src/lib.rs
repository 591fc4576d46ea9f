//! modfault-web.
