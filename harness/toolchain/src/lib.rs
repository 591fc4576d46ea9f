//! modfault-toolchain.
