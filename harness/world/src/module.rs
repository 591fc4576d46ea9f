//! Module sources.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A module with its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// Its module path.
    pub path: String,
    /// Its versions, oldest first in semantic-version order.
    pub versions: Vec<ModuleVersionSource>,
}

/// One version of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleVersionSource {
    /// The version: `v1.0.0`.
    pub version: String,
    /// The files, by slash-separated path, `go.mod` among them unless the module has none.
    pub files: BTreeMap<String, String>,
}
