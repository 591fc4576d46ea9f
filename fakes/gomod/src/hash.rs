//! The `h1:` hashes of `go.sum` (<https://go.dev/ref/mod#go-sum-files>).

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::archive::ArchiveError;

/// A hash as `go.sum` spells it: `h1:` and 44 characters of base64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct H1(String);

impl H1 {
    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for H1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hash of `files` as they stand in a zip under `prefix`.
pub fn hash_files(prefix: &str, files: &BTreeMap<String, String>) -> H1 {
    hash_named(
        files
            .iter()
            .map(|(path, text)| (format!("{prefix}{path}"), text.as_bytes().to_vec()))
            .collect(),
    )
}

/// The hash of a go.mod file with the content `text`.
pub fn hash_go_mod(text: &str) -> H1 {
    hash_named(BTreeMap::from([(
        "go.mod".to_owned(),
        text.as_bytes().to_vec(),
    )]))
}

/// The hash of a module zip. How it is packed makes no difference.
pub fn hash_zip(zip: &[u8]) -> Result<H1, ArchiveError> {
    let mut archive =
        ZipArchive::new(Cursor::new(zip)).map_err(|source| ArchiveError::Read { source })?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive
            .by_index(index)
            .map_err(|source| ArchiveError::Read { source })?;
        let name = file.name().to_owned();
        let mut bytes = Vec::new();
        match file.read_to_end(&mut bytes) {
            Ok(_) => files.insert(name, bytes),
            Err(source) => return Err(ArchiveError::Extract { name, source }),
        };
    }
    Ok(hash_named(files))
}

/// SHA-256 over one line `<hex SHA-256>  <name>` for each file, sorted by name.
fn hash_named(files: BTreeMap<String, Vec<u8>>) -> H1 {
    let mut summary = String::new();
    for (name, bytes) in files {
        for byte in Sha256::digest(bytes) {
            write!(summary, "{byte:02x}").expect("writing to a string cannot fail");
        }
        summary.push_str("  ");
        summary.push_str(&name);
        summary.push('\n');
    }
    H1(format!("h1:{}", STANDARD.encode(Sha256::digest(summary))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::archive::zip_under;

    #[test]
    fn bytes_that_are_no_zip_are_an_error() {
        assert!(matches!(
            hash_zip(b"no zip"),
            Err(ArchiveError::Read { .. })
        ));
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let files = BTreeMap::from([("greet.go".to_owned(), "package greet\n".repeat(20))]);
        let mut zip = zip_under("p@v/", &files).unwrap();
        zip[100] ^= 1;
        assert!(matches!(
            hash_zip(&zip),
            Err(ArchiveError::Extract { name, .. }) if name == "p@v/greet.go"
        ));
    }

    proptest! {
        #[test]
        fn files_and_their_zip_have_one_hash(
            files in prop::collection::btree_map("[a-zA-Z]{1,8}(/[a-z]{1,8}){0,2}\\.go", ".{0,100}", 0..6),
        ) {
            let zip = zip_under("example.com/greet@v1.0.0/", &files).unwrap();
            prop_assert_eq!(hash_files("example.com/greet@v1.0.0/", &files), hash_zip(&zip).unwrap());
        }

        #[test]
        fn a_changed_file_changes_the_hash(text in ".{0,40}", other in ".{0,40}") {
            prop_assert_eq!(text == other, hash_go_mod(&text) == hash_go_mod(&other));
        }
    }
}
