//! Where scenarios, shared modules, snapshots and wordings come from.
//!
//! Three sources have the same shape: what is compiled in, a checkout, and a directory of somebody's own.

mod snapshots;
mod tables;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use self::tables::{LEDGER, WORDING};
use crate::error::Error;
use modfault_scenario::{CLAIMS, Layer, ModuleLibrary};

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// Folders beside scenarios that hold something else.
const NOT_SCENARIOS: [&str; 3] = ["modules", "snapshots", "invalid"];
/// Files beside scenarios that hold something else.
const TABLES: [&str; 2] = [WORDING, LEDGER];

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
