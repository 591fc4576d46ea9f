//! From an archive to a GOROOT.
//!
//! Three archives hold a toolchain, each below another directory: a module zip, a wheel (also a zip) and a tar.gz. What no
//! build reads is left out: the test suite, test data, documentation.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;

use crate::digest::Hashing;
use crate::hop::Problem;

/// The program that marks the root of the tree.
const MARK: &str = "bin/go";

/// Unpacks a zip with a toolchain somewhere in it; `step` is told how many files of how many are done, and stops the work
/// with an error.
///
/// Returns the SHA-256 of every file of the zip by its name there, those that were left out among them.
pub(crate) fn zip(
    archive: &Path,
    into: &Path,
    mut step: impl FnMut(u64, u64) -> Result<(), Problem>,
) -> Result<BTreeMap<String, String>, Problem> {
    let broken = |error: zip::result::ZipError| Problem::Archive(error.to_string());
    let mut zip = zip::ZipArchive::new(io::BufReader::new(File::open(archive)?)).map_err(broken)?;
    let root = zip
        .file_names()
        .filter(|name| *name == MARK || name.ends_with(&format!("/{MARK}")))
        .min_by_key(|name| name.len())
        .map(|name| name[..name.len() - MARK.len()].to_owned())
        .ok_or_else(|| Problem::Archive(format!("it holds no {MARK}")))?;
    let total = zip.len() as u64;
    let mut digests = BTreeMap::new();
    for index in 0..zip.len() {
        step(index as u64, total)?;
        let entry = zip.by_index(index).map_err(broken)?;
        let name = entry.name().to_owned();
        if entry.is_dir() {
            continue;
        }
        if entry.is_symlink() {
            return Err(Problem::Escapes(name));
        }
        let executable = entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0);
        let mut reader = Hashing::new(entry);
        match name
            .strip_prefix(&root)
            .map(|path| place(path, &name))
            .transpose()?
        {
            Some(Some(path)) => write(&mut reader, into, &path, executable)?,
            Some(None) | None => {
                io::copy(&mut reader, &mut io::sink())?;
            }
        }
        digests.insert(name, reader.finish());
    }
    Ok(digests)
}

/// Unpacks a tar.gz whose one top directory is `go`; `step` is told how many files are done.
pub(crate) fn tar_gz(
    archive: &Path,
    into: &Path,
    mut step: impl FnMut(u64) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut tar = tar::Archive::new(GzDecoder::new(io::BufReader::new(File::open(archive)?)));
    for (done, entry) in (0u64..).zip(tar.entries()?) {
        step(done)?;
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            tar::EntryType::Regular => {}
            tar::EntryType::Symlink | tar::EntryType::Link => return Err(Problem::Escapes(name)),
            _ => continue,
        }
        let executable = entry.header().mode()? & 0o111 != 0;
        if let Some(path) = name
            .strip_prefix("go/")
            .map(|path| place(path, &name))
            .transpose()?
            .flatten()
        {
            write(&mut entry, into, &path, executable)?;
        }
    }
    Ok(())
}

/// Where a file goes below GOROOT; `None` for one that is left out.
fn place(path: &str, name: &str) -> Result<Option<PathBuf>, Problem> {
    let escapes = || Problem::Escapes(name.to_owned());
    if path.contains(['\\', '\0']) {
        return Err(escapes());
    }
    let mut place = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => place.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(escapes());
            }
        }
    }
    let unread = ["test", "api", "doc", "misc"]
        .iter()
        .any(|directory| place.starts_with(directory))
        || path.split('/').any(|part| part == "testdata")
        || path.ends_with("_test.go");
    if unread || place.as_os_str().is_empty() {
        return Ok(None);
    }
    // a module zip may hold one go.mod only, so those of the tree are renamed in it (`cmd/go`, toolchain switching)
    if place.file_name().is_some_and(|name| name == "_go.mod") {
        place.set_file_name("go.mod");
    }
    Ok(Some(place))
}

/// Writes one file; a name that comes twice is an error.
fn write(from: &mut impl Read, into: &Path, path: &Path, executable: bool) -> Result<(), Problem> {
    let target = into.join(path);
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    // module zips do not keep permission bits
    let program = path.starts_with("bin") || path.starts_with("pkg/tool");
    let mode = if executable || program { 0o755 } else { 0o644 };
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&target)?;
    io::copy(from, &mut file)?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A zip with these files.
    pub(crate) fn zip_of(files: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, text) in files {
            zip.start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn unpack(bytes: &[u8]) -> (tempfile::TempDir, Result<BTreeMap<String, String>, Problem>) {
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("archive");
        fs::write(&archive, bytes).unwrap();
        let result = zip(&archive, &directory.path().join("go"), |_, _| Ok(()));
        (directory, result)
    }

    #[test]
    fn a_tree_is_found_below_any_directory_and_its_programs_are_executable() {
        let prefix = "golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64/";
        let names = [
            "VERSION",
            "bin/go",
            "pkg/tool/linux_amd64/vet",
            "src/_go.mod",
            "src/x_test.go",
            "test/a.go",
        ];
        let files: Vec<(String, &str)> = names
            .iter()
            .map(|name| (format!("{prefix}{name}"), "x"))
            .collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), *text))
            .collect();
        let (directory, digests) = unpack(&zip_of(&files));
        assert_eq!(digests.unwrap().len(), 6, "what is left out is hashed too");
        let root = directory.path().join("go");
        let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("bin/go") & 0o111, 0o111);
        assert_eq!(mode("pkg/tool/linux_amd64/vet") & 0o111, 0o111);
        assert_eq!(mode("VERSION") & 0o111, 0);
        assert!(root.join("src/go.mod").exists());
        assert!(!root.join("test").exists() && !root.join("src/x_test.go").exists());
    }

    #[test]
    fn a_name_that_would_land_outside_is_refused() {
        for evil in [
            "go/../../evil",
            "go/src/../../evil",
            "go//etc/../../x",
            "go/a\\..\\b",
        ] {
            let (directory, result) = unpack(&zip_of(&[("go/bin/go", ""), (evil, "")]));
            assert!(
                matches!(result, Err(Problem::Escapes(_))),
                "{evil}: {result:?}"
            );
            assert!(!directory.path().join("evil").exists());
        }
    }

    #[test]
    fn a_link_is_refused() {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("go/bin/go", options).unwrap();
        zip.add_symlink("go/src", "/etc", options).unwrap();
        let (_directory, result) = unpack(&zip.finish().unwrap().into_inner());
        assert!(matches!(result, Err(Problem::Escapes(_))), "{result:?}");
    }

    #[test]
    fn what_is_no_archive_or_holds_no_go_is_refused() {
        for bytes in [b"<html>".to_vec(), zip_of(&[("README", "x")])] {
            let (_directory, result) = unpack(&bytes);
            assert!(matches!(result, Err(Problem::Archive(_))), "{result:?}");
        }
    }

    #[test]
    fn a_tar_is_unpacked_below_its_top_directory() {
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("archive");
        let encoder = flate2::write::GzEncoder::new(
            File::create(&archive).unwrap(),
            flate2::Compression::fast(),
        );
        let mut tar = tar::Builder::new(encoder);
        for name in ["go/VERSION", "go/bin/go", "go/test/x.go", "other"] {
            let mut header = tar::Header::new_gnu();
            header.set_size(1);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, &b"x"[..]).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap();
        let root = directory.path().join("go");
        tar_gz(&archive, &root, |_| Ok(())).unwrap();
        assert!(root.join("bin/go").exists() && root.join("VERSION").exists());
        assert!(!root.join("test").exists() && !root.join("other").exists());
    }
}
