//! modfault-gomod.
