//! `--save DIR`: every record in a file of its own, and all of them as a report.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, FileError};
use modfault_report::{Record, Report, junit};

/// A directory that records are kept in.
pub(in crate::command) struct Saved {
    root: PathBuf,
}

impl Saved {
    /// The directory, made now: a run that could not be kept is not started.
    pub(in crate::command) fn new(root: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(root)
            .map_err(FileError::of("create", root))
            .map_err(Failure::usage)?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// Keeps one record as soon as there is one: `tls/expired.json`, `tls/expired go1.21.13 3-20.json`.
    pub(in crate::command) fn keep(&self, name: &str, record: &Record) -> Result<(), Failure> {
        let (id, rest) = name.split_at(record.scenario.id.len().min(name.len()));
        let file = format!("{id}{}.json", rest.replace('/', "-"));
        let report = Report::new(vec![record.clone()]);
        self.write(&file, &report.to_json().map_err(Failure::machine)?)
    }

    /// Keeps the whole, for people's tools and for CI.
    pub(in crate::command) fn finish(&self, report: &Report) -> Result<(), Failure> {
        self.write("report.json", &report.to_json().map_err(Failure::machine)?)?;
        self.write("junit.xml", &junit(report))
    }

    fn write(&self, file: &str, text: &str) -> Result<(), Failure> {
        let path = self.root.join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(FileError::of("create", folder))
                .map_err(Failure::machine)?;
        }
        fs::write(&path, text)
            .map_err(FileError::of("write", &path))
            .map_err(Failure::machine)
    }
}
