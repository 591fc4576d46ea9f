//! modfault-goproxy.
