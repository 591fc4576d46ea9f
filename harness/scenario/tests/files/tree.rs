//! The scenario files of this repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use modfault_scenario::{CLAIMS, Layer, ModuleLibrary};

/// Where they are.
pub(crate) fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

/// Every file below `folder`, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                found.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// The shared modules.
pub(crate) fn library() -> ModuleLibrary {
    ModuleLibrary::from_files(files(&scenarios().join("modules")))
}

/// The scenario files in the folders of the layers, and in that of the claims.
pub(crate) fn valid() -> BTreeMap<String, String> {
    let mut valid = BTreeMap::new();
    for name in Layer::ALL.map(Layer::as_str).into_iter().chain([CLAIMS]) {
        let folder = scenarios().join(name);
        if folder.is_dir() {
            let files = files(&folder).into_iter();
            let files = files.filter(|(path, _)| path.ends_with(".toml"));
            valid.extend(files.map(|(path, text)| (format!("{name}/{path}"), text)));
        }
    }
    valid
}

/// The bad ones, by file name.
pub(crate) fn invalid() -> BTreeMap<String, String> {
    files(&scenarios().join("invalid"))
}
