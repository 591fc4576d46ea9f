//! A scenario file, parsed and checked.

pub mod expect;
pub mod kind;

pub use expect::Expect;
pub use kind::{Kind, Layer, Phase, Stopped};
