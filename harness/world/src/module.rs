//! Module sources.

pub use modfault_scenario::module::{Module, ModuleVersionSource};
