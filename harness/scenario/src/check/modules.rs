//! Module paths and versions: those declared in the file, and those that the file speaks of.

use std::ops::Range;

use super::Check;
use crate::client::Requirement;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{Located, ScenarioFile};
use crate::module::Module;
use modfault_gomod::{ModulePath, ModuleVersion};

impl Check<'_> {
    /// Takes in `[modules]`, each laid over the library's module of the same path.
    pub(super) fn read_modules(&mut self, file: &ScenarioFile) {
        for (path, versions) in &file.modules {
            let Some(path) = self.module_path(&path.value, &path.span) else {
                continue;
            };
            let shared = self.library.module(path.as_str()).cloned();
            let mut module = shared.unwrap_or_else(|| Module::new(path.as_str()));
            for (version, files) in versions {
                if let Some(parsed) = self.module_version(&version.value, &version.span) {
                    if path.takes(&parsed) {
                        module.version_mut(&parsed).files.clone_from(files);
                    } else {
                        self.report(
                            Diagnostic::new(
                                Code::BadVersion,
                                format!("module `{path}` cannot have version `{parsed}`"),
                            )
                            .at(
                                version.span.clone(),
                                "the major version belongs to another path",
                            )
                            .help("from v2 on, a module path ends with its major version: `/v2`"),
                        );
                    }
                }
            }
            self.modules.insert(path.to_string(), module);
        }
    }

    /// A module that the file or the library has.
    pub(super) fn known_module(&mut self, path: &Located<String>) -> Option<String> {
        let parsed = self.module_path(&path.value, &path.span)?;
        self.require_module(parsed.as_str(), &path.span)
            .then(|| parsed.to_string())
    }

    /// A version that a known module has.
    pub(super) fn known_version(&mut self, module: &str, version: &Located<String>) -> String {
        if self.module_version(&version.value, &version.span).is_some() {
            self.require_version(module, &version.value, &version.span);
        }
        version.value.clone()
    }

    /// `example.com/greet@v1.0.0`.
    pub(super) fn requirement(&mut self, text: &Located<String>) -> Option<Requirement> {
        let Some((module, version)) = text.value.split_once('@') else {
            self.report(
                Diagnostic::new(
                    Code::BadVersion,
                    format!("`{}` names no version", text.value),
                )
                .at(text.span.clone(), "expected `module@version`")
                .help("write, say, `example.com/greet@v1.0.0`"),
            );
            return None;
        };
        self.module_path(module, &text.span)?;
        self.module_version(version, &text.span)?;
        if !self.require_module(module, &text.span) {
            return None;
        }
        self.require_version(module, version, &text.span);
        Some(Requirement {
            module: module.to_owned(),
            version: version.to_owned(),
        })
    }

    /// Takes in what the modules require, directly or not, as far as the library has it.
    pub(super) fn read_requirements(&mut self) {
        let mut open: Vec<String> = self.modules.keys().cloned().collect();
        while let Some(path) = open.pop() {
            let versions = self
                .modules
                .get(&path)
                .map(|module| module.versions.clone());
            for source in versions.into_iter().flatten() {
                for (required, _) in source.requirements() {
                    if !self.modules.contains_key(required.as_str())
                        && let Some(shared) = self.library.module(required.as_str())
                    {
                        self.modules.insert(required.to_string(), shared.clone());
                        open.push(required.to_string());
                    }
                }
            }
        }
    }

    fn require_module(&mut self, path: &str, span: &Range<usize>) -> bool {
        if self.modules.contains_key(path) {
            return true;
        }
        if let Some(shared) = self.library.module(path) {
            self.modules.insert(path.to_owned(), shared.clone());
            return true;
        }
        let known: Vec<String> = self
            .library
            .modules()
            .map(|module| module.path.clone())
            .chain(self.modules.keys().cloned())
            .collect();
        let diagnostic = Diagnostic::new(Code::UnknownModule, format!("unknown module `{path}`"))
            .at(
                span.clone(),
                "neither this file nor the shared modules have it",
            )
            .nearest(path, known.iter().map(String::as_str));
        self.report(diagnostic);
        false
    }

    fn require_version(&mut self, module: &str, version: &str, span: &Range<usize>) {
        let Some(known) = self.modules.get(module) else {
            return;
        };
        if known.has(version) {
            return;
        }
        let versions: Vec<String> = known.versions.iter().map(|v| v.version.clone()).collect();
        let diagnostic = Diagnostic::new(
            Code::UnknownVersion,
            format!("module `{module}` has no version `{version}`"),
        )
        .at(span.clone(), "no such version")
        .nearest(version, versions.iter().map(String::as_str));
        self.report(diagnostic);
    }

    fn module_path(&mut self, text: &str, span: &Range<usize>) -> Option<ModulePath> {
        match ModulePath::parse(text) {
            Ok(path) => Some(path),
            Err(error) => {
                self.report(
                    Diagnostic::new(
                        Code::BadModulePath,
                        format!("`{text}` is not a module path"),
                    )
                    .at(span.clone(), error.reason)
                    .help("a module path looks like `example.com/greet` or `example.com/greet/v2`"),
                );
                None
            }
        }
    }

    fn module_version(&mut self, text: &str, span: &Range<usize>) -> Option<ModuleVersion> {
        match ModuleVersion::parse(text) {
            Ok(version) => Some(version),
            Err(error) => {
                self.report(
                    Diagnostic::new(
                        Code::BadVersion,
                        format!("`{text}` is not a module version"),
                    )
                    .at(span.clone(), error.reason)
                    .help("a version looks like `v1.0.0`, `v1.2.0-rc.1` or `v2.0.0+incompatible`"),
                );
                None
            }
        }
    }
}
