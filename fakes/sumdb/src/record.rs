//! What the log holds of one module version.

use modfault_gomod::{ModulePath, ModuleVersion, hash_files, hash_go_mod, module_prefix};
use std::collections::BTreeMap;

/// The go.sum lines of one module version (<https://go.dev/ref/mod#checksum-database>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The module path.
    pub module: String,
    /// The version.
    pub version: String,
    /// The hash of its zip: `h1:...`.
    pub zip: String,
    /// The hash of its go.mod: `h1:...`.
    pub go_mod: String,
}

impl Record {
    /// The record of a version with these files and, apart, this go.mod.
    pub fn of(
        module: &ModulePath,
        version: &ModuleVersion,
        files: &BTreeMap<String, String>,
        go_mod: &str,
    ) -> Self {
        Self {
            module: module.to_string(),
            version: version.to_string(),
            zip: hash_files(&module_prefix(module, version), files).to_string(),
            go_mod: hash_go_mod(go_mod).to_string(),
        }
    }

    /// A record of a module that no one serves, so that the log is as long as a test or a scenario needs it.
    pub fn filler(number: u64) -> Self {
        let module = format!("filler.example/m{number:04}");
        Self {
            zip: hash_go_mod(&format!("the zip of {module}")).to_string(),
            go_mod: hash_go_mod(&format!("module {module}\n")).to_string(),
            version: "v1.0.0".to_owned(),
            module,
        }
    }

    /// The text that the tree is over and that a lookup answers: two lines of go.sum.
    pub fn text(&self) -> String {
        let Self {
            module,
            version,
            zip,
            go_mod,
        } = self;
        format!("{module} {version} {zip}\n{module} {version}/go.mod {go_mod}\n")
    }
}
