//! What is recorded of scenarios.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use include_dir::{Dir, include_dir};

use super::{Collection, entries, folders};
use crate::error::Error;

static SNAPSHOTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../snapshots");

impl Collection {
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

    fn snapshots(&self) -> PathBuf {
        match self {
            Self::Embedded => PathBuf::new(),
            Self::Checkout { snapshots, .. } => snapshots.clone(),
            Self::Own(root) => root.join("snapshots"),
        }
    }
}
