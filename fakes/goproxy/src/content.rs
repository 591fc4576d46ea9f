//! What a module proxy has.

use std::collections::{BTreeMap, BTreeSet};

use modfault_gomod::{CommitTime, ModulePath, ModuleVersion};
use modfault_kit::Login;

/// The content of one module proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoproxyContent {
    /// What stands before every path, without a final slash: `""` or `/goproxy`.
    pub prefix: String,
    /// The modules that it serves.
    pub modules: BTreeMap<ModulePath, ModuleContent>,
    /// The Basic credentials that it wants (RFC 7617), if any.
    pub login: Option<Login>,
    /// The checksum databases that it says it stands in for (<https://go.dev/design/25530-sumdb#proxying-a-checksum-database>).
    pub sumdbs: BTreeSet<String>,
}

/// One module of a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleContent {
    /// Its versions; pseudo-versions are served and not listed.
    pub versions: BTreeMap<ModuleVersion, VersionContent>,
    /// What branches, tags and revisions stand for: `main` → `v1.0.0`.
    pub queries: BTreeMap<String, ModuleVersion>,
}

/// One version of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionContent {
    /// Its files by slash-separated path; the proxy makes up a `.mod` file where `go.mod` is not among them.
    pub files: BTreeMap<String, String>,
    /// When it was committed; [`CommitTime::of`] the version where nothing is said.
    pub time: Option<CommitTime>,
}

impl GoproxyContent {
    /// Adds a version made of `files` to the module `path`.
    pub fn with_version(
        mut self,
        path: ModulePath,
        version: ModuleVersion,
        files: BTreeMap<String, String>,
    ) -> Self {
        let module = self.modules.entry(path).or_default();
        module
            .versions
            .insert(version, VersionContent { files, time: None });
        self
    }
}
