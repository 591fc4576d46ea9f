//! Module zips.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::path::ModulePath;
use crate::version::ModuleVersion;

/// Why a zip could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The name of a file has more bytes than a zip can say (65535).
    #[error("add a file with a name of {} bytes to the zip", name.len())]
    NameTooLong {
        /// Its name in the zip.
        name: String,
    },
    /// This file could not be added.
    #[error("add `{name}` to the zip")]
    Add {
        /// Its name in the zip.
        name: String,
        /// Why.
        source: zip::result::ZipError,
    },
    /// The directory at the end could not be written.
    #[error("finish the zip")]
    Finish {
        /// Why.
        source: zip::result::ZipError,
    },
    /// The bytes are no zip, or a damaged one.
    #[error("read the zip")]
    Read {
        /// Why.
        source: zip::result::ZipError,
    },
    /// This file's bytes are damaged.
    #[error("read `{name}` in the zip")]
    Extract {
        /// Its name in the zip.
        name: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The prefix of every name in the zip of a module version: `path@version/` (<https://go.dev/ref/mod#zip-files>).
pub fn module_prefix(path: &ModulePath, version: &ModuleVersion) -> String {
    format!("{path}@{version}/")
}

/// How the files of a zip are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    #[default]
    Stored,
    /// Compressed; the bytes may differ from one version of the library to the next.
    Deflated,
}

/// A zip of `files`, each named by `prefix` and its own path.
///
/// The same files give the same bytes in every run and with every version of every library: names are sorted, times
/// fixed (1980-01-01, the earliest that a zip can hold), and nothing is compressed.
pub fn zip_under(prefix: &str, files: &BTreeMap<String, String>) -> Result<Vec<u8>, ArchiveError> {
    zip_packed(prefix, files, Packing::Stored)
}

/// As [`zip_under`], packed so.
pub fn zip_packed(
    prefix: &str,
    files: &BTreeMap<String, String>,
    packing: Packing,
) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(match packing {
            Packing::Stored => CompressionMethod::Stored,
            Packing::Deflated => CompressionMethod::Deflated,
        })
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        let name = format!("{prefix}{path}");
        // The writer panics on such a name when it is dropped.
        if name.len() > usize::from(u16::MAX) {
            return Err(ArchiveError::NameTooLong { name });
        }
        writer
            .start_file(name.as_str(), options)
            .and_then(|()| Ok(writer.write_all(text.as_bytes())?))
            .map_err(|source| ArchiveError::Add { name, source })?;
    }
    let cursor = writer
        .finish()
        .map_err(|source| ArchiveError::Finish { source })?;
    Ok(cursor.into_inner())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use zip::ZipArchive;

    use super::*;

    fn files() -> impl Strategy<Value = BTreeMap<String, String>> {
        prop::collection::btree_map("[a-z]{1,8}(/[a-z]{1,8}){0,2}\\.go", ".{0,200}", 0..6)
    }

    #[test]
    fn the_prefix_names_module_and_version() {
        let path = ModulePath::parse("example.com/Greet").unwrap();
        let version = ModuleVersion::parse("v1.0.0").unwrap();
        assert_eq!(module_prefix(&path, &version), "example.com/Greet@v1.0.0/");
    }

    #[test]
    fn a_name_that_no_zip_can_hold_is_an_error_that_names_it() {
        let files = BTreeMap::from([("x".repeat(70_000), String::new())]);
        let error = zip_under("", &files).unwrap_err();
        assert!(matches!(error, ArchiveError::NameTooLong { name } if name.len() == 70_000));
    }

    proptest! {
        #[test]
        fn the_same_files_give_the_same_bytes(files in files()) {
            prop_assert_eq!(zip_under("p@v/", &files).unwrap(), zip_under("p@v/", &files).unwrap());
        }

        #[test]
        fn every_file_can_be_read_back_in_sorted_order(files in files()) {
            let bytes = zip_under("p@v/", &files).unwrap();
            let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
            let mut names = Vec::new();
            for index in 0..archive.len() {
                let mut file = archive.by_index(index).unwrap();
                let text = std::io::read_to_string(&mut file).unwrap();
                prop_assert_eq!(Some(&text), files.get(file.name().strip_prefix("p@v/").unwrap()));
                names.push(file.name().to_owned());
            }
            prop_assert!(names.is_sorted());
            prop_assert_eq!(names.len(), files.len());
        }
    }
}
