//! Where scenarios, shared modules, snapshots and wordings come from.
//!
//! Three sources have the same shape: what is compiled in, a checkout, and a directory of somebody's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::error::Error;
use modfault_coverage::Ledger;
use modfault_outcome::Wording;
use modfault_scenario::{CLAIMS, Layer, ModuleLibrary};

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");
static SNAPSHOTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../snapshots");

/// Folders beside scenarios that hold something else.
const NOT_SCENARIOS: [&str; 3] = ["modules", "snapshots", "invalid"];
/// Files beside scenarios that hold something else.
const TABLES: [&str; 2] = [WORDING, LEDGER];
const WORDING: &str = "wording.toml";
const LEDGER: &str = "coverage.toml";
const PREFACE: &str = "claims/preface.md";

/// The folders that scenarios lie in: one a layer, and that of the claims.
pub(crate) fn folders() -> impl Iterator<Item = &'static str> {
    Layer::ALL
        .iter()
        .map(|layer| layer.as_str())
        .chain([CLAIMS])
}

/// Whether scenarios lie in folders of this name.
pub(crate) fn is_folder(name: &str) -> bool {
    folders().any(|folder| folder == name)
}

/// A source of scenarios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Collection {
    /// What this program was built with.
    Embedded,
    /// A checkout of modfault, by the directories in it.
    Checkout {
        /// `scenarios/`
        scenarios: PathBuf,
        /// `snapshots/`
        snapshots: PathBuf,
    },
    /// Somebody's own directory, with `modules/` and `snapshots/` in it.
    Own(PathBuf),
}

/// A scenario file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioText {
    /// Its path, as shown; the last two elements give its id.
    pub path: String,
    /// Its content.
    pub text: String,
}

impl Collection {
    /// The checkout at a directory, if it is one.
    pub fn checkout(directory: &Path) -> Option<Self> {
        ["scenarios", "snapshots", "harness"]
            .iter()
            .all(|room| directory.join(room).is_dir())
            .then(|| Self::Checkout {
                scenarios: directory.join("scenarios"),
                snapshots: directory.join("snapshots"),
            })
    }

    /// modfault's own scenarios: those of a checkout that is named, of the one that `directory` is, or what is compiled in.
    ///
    /// # Errors
    /// The directory that is named is no checkout.
    pub fn ours(named: Option<&Path>, directory: &Path) -> Result<Self, Error> {
        match named {
            Some(named) => Self::checkout(named).ok_or_else(|| Error::NoCheckout(named.to_owned())),
            None => Ok(Self::checkout(directory).unwrap_or(Self::Embedded)),
        }
    }

    /// The own collection that a file or directory belongs to: a layer's folder belongs to what is above it.
    pub fn own(path: &Path) -> Self {
        let directory = if path.is_dir() {
            path
        } else {
            path.parent().unwrap_or(Path::new("."))
        };
        let is_layer = directory
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(is_folder);
        let root = match directory.parent() {
            Some(above) if is_layer => above,
            _ => directory,
        };
        Self::Own(if root.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            root.to_owned()
        })
    }

    /// Every scenario file, by path.
    ///
    /// # Errors
    /// A directory or file could not be read.
    pub fn files(&self) -> Result<Vec<ScenarioText>, Error> {
        match self {
            Self::Embedded => Ok(embedded_scenarios()),
            Self::Checkout { scenarios, .. } => files_below(scenarios),
            Self::Own(root) => files_below(root),
        }
    }

    /// The modules that its scenarios share; somebody's own come on top of ours.
    ///
    /// # Errors
    /// A directory or file could not be read.
    pub fn library(&self) -> Result<ModuleLibrary, Error> {
        let mut files = BTreeMap::new();
        match self {
            Self::Checkout { scenarios, .. } => read_tree(&scenarios.join("modules"), &mut files)?,
            Self::Embedded | Self::Own(_) => {
                if let Some(modules) = SCENARIOS.get_dir("modules") {
                    embedded_tree(modules, Path::new("modules"), &mut files);
                }
            }
        }
        if let Self::Own(root) = self {
            read_tree(&root.join("modules"), &mut files)?;
        }
        Ok(ModuleLibrary::from_files(files))
    }

    /// The recorded snapshot of this name (`tls/expired`, `tls/expired@1.21`), if there is one.
    ///
    /// # Errors
    /// It is there and could not be read.
    pub fn snapshot(&self, name: &str) -> Result<Option<String>, Error> {
        match self {
            Self::Embedded => Ok(SNAPSHOTS
                .get_file(format!("{name}.snap"))
                .and_then(include_dir::File::contents_utf8)
                .map(str::to_owned)),
            Self::Checkout { .. } | Self::Own(_) => {
                let path = self.snapshots().join(format!("{name}.snap"));
                match fs::read_to_string(&path) {
                    Ok(text) => Ok(Some(text)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(source) => Err(Error::Snapshot {
                        action: "read",
                        path,
                        source,
                    }),
                }
            }
        }
    }

    /// Records a snapshot under a name and says where it is now.
    ///
    /// # Errors
    /// It could not be written; what is compiled in never can.
    pub fn bless(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.snapshots().join(format!("{name}.snap"));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|source| Error::Snapshot {
                action: "create",
                path: parent.to_owned(),
                source,
            })?;
        }
        match fs::write(&path, text) {
            Ok(()) => Ok(path),
            Err(source) => Err(Error::Snapshot {
                action: "write",
                path,
                source,
            }),
        }
    }

    /// Removes a snapshot and says where it was, if there was one.
    ///
    /// # Errors
    /// It could not be removed.
    pub fn forget(&self, name: &str) -> Result<Option<PathBuf>, Error> {
        let path = self.snapshots().join(format!("{name}.snap"));
        match fs::remove_file(&path) {
            Ok(()) => Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Snapshot {
                action: "remove",
                path,
                source,
            }),
        }
    }

    /// Whether snapshots can be recorded: what is compiled in stays as it is.
    pub fn can_bless(&self) -> bool {
        match self {
            Self::Embedded => false,
            Self::Checkout { .. } | Self::Own(_) => true,
        }
    }

    /// The names of all recorded snapshots, those for one version of Go (`tls/expired@1.21`) among them.
    ///
    /// # Errors
    /// The directory could not be read.
    pub fn snapshot_names(&self) -> Result<BTreeSet<String>, Error> {
        let mut names = BTreeSet::new();
        for folder in folders() {
            let paths = match self {
                Self::Embedded => SNAPSHOTS
                    .get_dir(folder)
                    .map(|within| within.files().map(|file| file.path().to_owned()).collect())
                    .unwrap_or_default(),
                Self::Checkout { .. } | Self::Own(_) => {
                    let path = self.snapshots().join(folder);
                    if path.is_dir() {
                        entries(&path)?
                    } else {
                        Vec::new()
                    }
                }
            };
            let recorded = paths
                .iter()
                .filter_map(|path| path.file_name()?.to_str()?.strip_suffix(".snap"));
            names.extend(recorded.map(|name| format!("{folder}/{name}")));
        }
        Ok(names)
    }

    /// What tools alone word.
    ///
    /// # Errors
    /// The table could not be read, or is wrong.
    pub fn wording(&self) -> Result<Wording, Error> {
        Ok(Wording::parse(&self.table(WORDING)?)?)
    }

    /// The rows that the coverage table must have.
    ///
    /// # Errors
    /// The list could not be read, or is wrong.
    pub fn ledger(&self) -> Result<Ledger, Error> {
        Ok(Ledger::parse(&self.table(LEDGER)?)?)
    }

    /// Writes the coverage table and says where it is now; `None` where nothing is on disk to write to.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write_coverage(&self, text: &str) -> Result<Option<PathBuf>, Error> {
        self.write_beside("COVERAGE.md", text)
    }

    /// What stands before the claims in their article; nothing where there is none.
    ///
    /// # Errors
    /// It could not be read.
    pub fn claims_preface(&self) -> Result<String, Error> {
        self.table(PREFACE)
    }

    /// Writes the article about the claims and says where it is now; `None` where nothing is on disk to write to.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write_claims(&self, text: &str) -> Result<Option<PathBuf>, Error> {
        self.write_beside("claims/README.md", text)
    }

    fn write_beside(&self, name: &str, text: &str) -> Result<Option<PathBuf>, Error> {
        let Self::Checkout { scenarios, .. } = self else {
            return Ok(None);
        };
        let path = scenarios.join(name);
        match fs::write(&path, text) {
            Ok(()) => Ok(Some(path)),
            Err(source) => Err(Error::Table { path, source }),
        }
    }

    /// A table beside the scenarios; somebody's own have ours.
    fn table(&self, name: &str) -> Result<String, Error> {
        match self {
            Self::Checkout { scenarios, .. } => {
                let path = scenarios.join(name);
                fs::read_to_string(&path).map_err(unreadable(&path))
            }
            Self::Embedded | Self::Own(_) => Ok(SCENARIOS
                .get_file(name)
                .and_then(include_dir::File::contents_utf8)
                .unwrap_or_default()
                .to_owned()),
        }
    }

    fn snapshots(&self) -> PathBuf {
        match self {
            Self::Embedded => PathBuf::new(),
            Self::Checkout { snapshots, .. } => snapshots.clone(),
            Self::Own(root) => root.join("snapshots"),
        }
    }
}

fn embedded_scenarios() -> Vec<ScenarioText> {
    let mut files: Vec<ScenarioText> = SCENARIOS
        .dirs()
        .filter(|layer| {
            !NOT_SCENARIOS
                .iter()
                .any(|other| layer.path() == Path::new(other))
        })
        .flat_map(|layer| layer.files())
        .filter(|file| {
            file.path()
                .extension()
                .is_some_and(|extension| extension == "toml")
        })
        .filter_map(|file| {
            Some(ScenarioText {
                path: format!("scenarios/{}", file.path().display()),
                text: file.contents_utf8()?.to_owned(),
            })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Texts below an embedded directory by their path below `root`.
fn embedded_tree(directory: &Dir<'_>, root: &Path, into: &mut BTreeMap<String, String>) {
    for file in directory.files() {
        if let (Ok(path), Some(text)) = (file.path().strip_prefix(root), file.contents_utf8()) {
            into.insert(path.display().to_string(), text.to_owned());
        }
    }
    for below in directory.dirs() {
        embedded_tree(below, root, into);
    }
}

/// Scenario files below a directory: its own, and those of its folders.
fn files_below(root: &Path) -> Result<Vec<ScenarioText>, Error> {
    let mut files = Vec::new();
    for path in entries(root)? {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if !NOT_SCENARIOS.iter().any(|other| name == *other) {
                for path in entries(&path)? {
                    files.extend(scenario_text(&path)?);
                }
            }
        } else if !TABLES.iter().any(|table| name == *table) {
            files.extend(scenario_text(&path)?);
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// A scenario file; nothing for another file.
///
/// # Errors
/// It could not be read.
pub fn scenario_text(path: &Path) -> Result<Option<ScenarioText>, Error> {
    if !path.is_file() || path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(None);
    }
    let text = fs::read_to_string(path).map_err(unreadable(path))?;
    Ok(Some(ScenarioText {
        path: path.display().to_string(),
        text,
    }))
}

/// Texts below a directory, which need not exist, by their path below it.
fn read_tree(root: &Path, into: &mut BTreeMap<String, String>) -> Result<(), Error> {
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        if !directory.is_dir() {
            continue;
        }
        for path in entries(&directory)? {
            if path.is_dir() {
                directories.push(path);
            } else if let Ok(below) = path.strip_prefix(root) {
                let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
                into.insert(below.display().to_string(), text);
            }
        }
    }
    Ok(())
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = fs::read_dir(directory)
        .map_err(unreadable(directory))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<PathBuf>>>()
        .map_err(unreadable(directory))?;
    paths.sort();
    Ok(paths)
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_a_layers_folder_belongs_to_what_is_above() {
        let own = |path: &str| Collection::own(Path::new(path));
        assert_eq!(own("mine/tls/x.toml"), Collection::Own("mine".into()));
        assert_eq!(own("mine/x.toml"), Collection::Own("mine".into()));
        assert_eq!(own("x.toml"), Collection::Own(".".into()));
        assert_eq!(own("tls/x.toml"), Collection::Own(".".into()));
    }

    #[test]
    fn modules_and_snapshots_are_no_scenarios() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for path in [
            "tls/a.toml",
            "b.toml",
            "modules/c.toml",
            "snapshots/d.toml",
            "tls/notes.md",
            "wording.toml",
        ] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "x").unwrap();
        }
        let files = Collection::Own(root.to_owned()).files().unwrap();
        let names: Vec<&str> = files
            .iter()
            .map(|file| &file.path[root.as_os_str().len() + 1..])
            .collect();
        assert_eq!(names, ["b.toml", "tls/a.toml"]);
    }

    #[test]
    fn what_is_blessed_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let own = Collection::Own(directory.path().to_owned());
        assert_eq!(own.snapshot("tls/a").unwrap(), None);
        own.bless("tls/a", "text").unwrap();
        own.bless("tls/a@1.21", "other").unwrap();
        fs::write(directory.path().join("snapshots/tls/b.snap.new"), "x").unwrap();
        let names: Vec<String> = own.snapshot_names().unwrap().into_iter().collect();
        assert_eq!(names, ["tls/a", "tls/a@1.21"]);
        assert_eq!(own.snapshot("tls/a").unwrap().as_deref(), Some("text"));
        assert!(own.can_bless() && !Collection::Embedded.can_bless());
    }

    #[test]
    fn the_wordings_that_are_compiled_in_can_be_read() {
        assert!(Collection::Embedded.wording().is_ok());
    }
}
