//! The module graph of a project, so that its go.mod and go.sum are what `go mod tidy` would leave.

use std::collections::{BTreeMap, BTreeSet};

use modfault_gomod::{
    ModulePath, ModuleVersion, default_go_mod, hash_files, hash_go_mod, module_prefix,
};
use modfault_scenario::client::Requirement;
use modfault_scenario::module::{Module, ModuleVersionSource};

/// What is required, directly or not, with the versions that are selected (<https://go.dev/ref/mod#minimal-version-selection>).
pub(crate) struct Graph<'a> {
    modules: &'a BTreeMap<String, Module>,
    /// Every version that something requires.
    reached: BTreeSet<(ModulePath, ModuleVersion)>,
    /// The highest of them, by module.
    selected: BTreeMap<ModulePath, ModuleVersion>,
}

impl<'a> Graph<'a> {
    /// The graph below `requires`; what `modules` lacks is a leaf of it.
    pub(crate) fn new(requires: &[Requirement], modules: &'a BTreeMap<String, Module>) -> Self {
        let mut graph = Self {
            modules,
            reached: BTreeSet::new(),
            selected: BTreeMap::new(),
        };
        let mut open: Vec<_> = requires
            .iter()
            .filter_map(|require| {
                let module = ModulePath::parse(&require.module).ok()?;
                Some((module, ModuleVersion::parse(&require.version).ok()?))
            })
            .collect();
        while let Some((path, version)) = open.pop() {
            if graph.reached.insert((path.clone(), version.clone())) {
                let source = graph.source(&path, &version);
                open.extend(
                    source
                        .into_iter()
                        .flat_map(ModuleVersionSource::requirements),
                );
                let selected = graph
                    .selected
                    .entry(path)
                    .or_insert_with(|| version.clone());
                if *selected < version {
                    *selected = version;
                }
            }
        }
        graph
    }

    /// The project's go.mod: what it requires itself, and the rest of the graph as indirect.
    pub(crate) fn go_mod(&self, directive: &str, requires: &[Requirement]) -> String {
        let mut text = format!("module app\n\ngo {directive}\n");
        if !requires.is_empty() {
            text.push('\n');
        }
        for require in requires {
            text.push_str(&format!("require {} {}\n", require.module, require.version));
        }
        let is_direct = |path: &ModulePath| requires.iter().any(|r| r.module == path.as_str());
        let indirect: Vec<String> = self
            .selected
            .iter()
            .filter(|(path, _)| !is_direct(path))
            .map(|(path, version)| format!("require {path} {version} // indirect\n"))
            .collect();
        if !indirect.is_empty() {
            text.push('\n');
            text.extend(indirect);
        }
        text
    }

    /// The project's go.sum: the go.mod of everything reached, and the content of everything selected.
    pub(crate) fn go_sum(&self) -> String {
        let mut lines = BTreeSet::new();
        for (path, version) in &self.reached {
            let hash = hash_go_mod(&self.go_mod_of(path, version));
            lines.insert(format!("{path} {version}/go.mod {hash}\n"));
        }
        for (path, version) in &self.selected {
            if let Some(source) = self.source(path, version) {
                let hash = hash_files(&module_prefix(path, version), &source.files);
                lines.insert(format!("{path} {version} {hash}\n"));
            }
        }
        lines.into_iter().collect()
    }

    fn source(
        &self,
        path: &ModulePath,
        version: &ModuleVersion,
    ) -> Option<&'a ModuleVersionSource> {
        let module = self.modules.get(path.as_str())?;
        let mut versions = module.versions.iter();
        versions.find(|source| source.version == version.as_str())
    }

    fn go_mod_of(&self, path: &ModulePath, version: &ModuleVersion) -> String {
        self.source(path, version)
            .and_then(|source| source.files.get("go.mod").cloned())
            .unwrap_or_else(|| default_go_mod(path))
    }
}
