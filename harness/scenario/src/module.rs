//! Module sources, and the library of those that scenarios share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use modfault_gomod::{ModulePath, ModuleVersion};

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

impl Module {
    /// A module without versions.
    pub(crate) fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            versions: Vec::new(),
        }
    }

    /// Whether it has this version.
    pub fn has(&self, version: &str) -> bool {
        self.versions.iter().any(|known| known.version == version)
    }

    /// The version with this name, made where it is not there yet, versions kept in order.
    pub(crate) fn version_mut(&mut self, version: &ModuleVersion) -> &mut ModuleVersionSource {
        let known = |source: &ModuleVersionSource| source.version == version.as_str();
        let at = match self.versions.iter().position(known) {
            Some(at) => at,
            None => {
                let at = self.versions.partition_point(|source| {
                    ModuleVersion::parse(&source.version).is_ok_and(|other| other < *version)
                });
                let source = ModuleVersionSource {
                    version: version.as_str().to_owned(),
                    files: BTreeMap::new(),
                };
                self.versions.insert(at, source);
                at
            }
        };
        &mut self.versions[at]
    }
}

impl ModuleVersionSource {
    /// What its go.mod requires, in single lines and in blocks (<https://go.dev/ref/mod#go-mod-file-require>).
    pub fn requirements(&self) -> Vec<(ModulePath, ModuleVersion)> {
        let mut found = Vec::new();
        let mut in_block = false;
        let go_mod = self.files.get("go.mod").map_or("", String::as_str);
        for line in go_mod.lines() {
            let line = line.split("//").next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["require", "("] => in_block = true,
                [")"] => in_block = false,
                ["require", module, version] => found.extend(named(module, version)),
                [module, version] if in_block => found.extend(named(module, version)),
                _ => {}
            }
        }
        found
    }
}

/// A required module; a line that names none is for go to complain of.
fn named(module: &str, version: &str) -> Option<(ModulePath, ModuleVersion)> {
    let module = ModulePath::parse(module).ok()?;
    let version = ModuleVersion::parse(version).ok()?;
    Some((module, version))
}

/// The modules that scenarios share: `scenarios/modules/<module path>/<version>/<file>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleLibrary {
    modules: BTreeMap<String, Module>,
}

impl ModuleLibrary {
    /// The library of these files, each given by its path below `modules/` (with slashes) and its text.
    ///
    /// A path in which no element is a version of the module path before it (a README) is no part of a module.
    pub fn from_files<P: AsRef<str>, T: Into<String>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let mut library = Self::default();
        for (path, text) in files {
            if let Some((module, version, file)) = split(path.as_ref()) {
                library
                    .modules
                    .entry(module.to_string())
                    .or_insert_with(|| Module::new(module.as_str()))
                    .version_mut(&version)
                    .files
                    .insert(file.to_owned(), text.into());
            }
        }
        library
    }

    /// The module with this path.
    pub fn module(&self, path: &str) -> Option<&Module> {
        self.modules.get(path)
    }

    /// Every module, by path.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.values()
    }
}

/// `example.com/greet/v1.0.0/go.mod` as module path, version and file.
fn split(path: &str) -> Option<(ModulePath, ModuleVersion, &str)> {
    path.match_indices('/').find_map(|(end, _)| {
        let (version, file) = path[end + 1..].split_once('/')?;
        let version = ModuleVersion::parse(version).ok()?;
        let module = ModulePath::parse(&path[..end]).ok()?;
        Some((module, version, file))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_major_version_suffix_is_no_version() {
        let library = ModuleLibrary::from_files([
            (
                "example.com/greet/v2/v2.0.0/go.mod",
                "module example.com/greet/v2\n",
            ),
            ("example.com/greet/v1.10.0/go.mod", ""),
            ("example.com/greet/v1.9.0/sub/greet.go", ""),
            ("README.md", "no module"),
        ]);
        let paths: Vec<&str> = library
            .modules()
            .map(|module| module.path.as_str())
            .collect();
        assert_eq!(paths, ["example.com/greet", "example.com/greet/v2"]);
        let greet = library.module("example.com/greet").unwrap();
        let versions: Vec<&str> = greet.versions.iter().map(|v| v.version.as_str()).collect();
        assert_eq!(versions, ["v1.9.0", "v1.10.0"]);
        assert!(greet.versions[0].files.contains_key("sub/greet.go"));
    }
}
