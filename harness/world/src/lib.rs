//! modfault-world.
