//! What is recorded of a scenario, and what must agree with it.
//!
//! The base snapshot `tls/expired` is that of the newest pinned Go. Another version has one of its own, `tls/expired@1.21`, only
//! where it differs from what holds for the next newer version: a snapshot holds for its version and for every older one, down
//! to the next that has one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::engine::{Snapshots, Task};
use crate::error::Error;
use modfault_outcome::snapshot::{kept_probes, variant};
use modfault_outcome::{Diff, SnapFile, Verdict, compare};
use modfault_toolchain::{Toolchain, newest_pinned, suite};

/// How a canonical form and the recorded snapshots go together.
#[derive(Debug)]
pub(crate) enum Held {
    /// They agree, or nobody asked.
    Alike,
    /// They must agree and do not.
    Different(Diff),
    /// None is recorded.
    Missing,
    /// They differ where they may.
    Drifted(Diff),
    /// It was recorded, in this file if one changed.
    Blessed(Option<PathBuf>),
}

/// Holds a canonical form against the recorded snapshots, or records it.
///
/// # Errors
/// A snapshot could not be read or written.
pub(crate) fn held_against(
    task: &Task,
    canonical: &str,
    tools: &BTreeMap<String, String>,
    verdict: &Verdict,
) -> Result<Held, Error> {
    match task.snapshots {
        Snapshots::Ignore => Ok(Held::Alike),
        // what is not as expected is no state to go back to
        Snapshots::Bless if *verdict != Verdict::AsExpected => Ok(Held::Alike),
        Snapshots::Bless => bless(task, canonical, tools).map(Held::Blessed),
        Snapshots::Compare => compared(task, canonical, tools),
    }
}

/// The suite's own versions must show what was recorded; another one may differ from what holds for its minor version.
fn compared(task: &Task, canonical: &str, tools: &BTreeMap<String, String>) -> Result<Held, Error> {
    let recorded = Recorded::of(task)?;
    let minor = minor(&task.toolchain);
    let Some(holds) = recorded.holds_for(minor) else {
        return Ok(Held::Missing);
    };
    let Err(diff) = compare(holds, canonical, tools) else {
        return Ok(Held::Alike);
    };
    if suite().contains(&task.toolchain.version) {
        return Ok(Held::Different(diff));
    }
    let like_another = recorded
        .texts
        .values()
        .any(|text| compare(text, canonical, tools).is_ok());
    Ok(if like_another {
        Held::Alike
    } else {
        Held::Drifted(diff)
    })
}

/// Records the base snapshot on the newest pinned version, or where there is none; on another version one of its own where it
/// differs from the next newer one. Says which file changed, if one did.
fn bless(
    task: &Task,
    canonical: &str,
    tools: &BTreeMap<String, String>,
) -> Result<Option<PathBuf>, Error> {
    let id = task.case.id();
    let home = &task.case.home;
    let recorded = Recorded::of(task)?;
    let base = recorded.base();
    let kept = recorded
        .holds_for(minor(&task.toolchain))
        .map_or(canonical.to_owned(), |holds| kept_probes(canonical, holds));
    let text = SnapFile::new(id, &kept).to_string();
    let is_base = task.toolchain.version.same_minor(newest_pinned());
    let is_like =
        |known: Option<&str>| known.is_some_and(|text| compare(text, canonical, tools).is_ok());
    if is_base || base.is_none() {
        return if is_like(base) {
            Ok(None)
        } else {
            home.bless(id, &text).map(Some)
        };
    }
    let name = variant_name(id, &task.toolchain);
    let minor = minor(&task.toolchain);
    if is_like(recorded.inherited(minor)) {
        return home.forget(&name);
    }
    if is_like(recorded.texts.get(&minor).map(String::as_str)) {
        return Ok(None);
    }
    home.bless(&name, &text).map(Some)
}

/// The name of a snapshot for one version of Go: `tls/expired@1.21`.
pub fn variant_name(id: &str, toolchain: &Toolchain) -> String {
    match variant(&toolchain.version.tag()) {
        Some(minor) => format!("{id}@{minor}"),
        None => id.to_owned(),
    }
}

/// The recorded snapshots of a scenario, by the minor version of Go; the base one under that of the newest pinned.
struct Recorded {
    texts: BTreeMap<u32, String>,
}

impl Recorded {
    fn of(task: &Task) -> Result<Self, Error> {
        let id = task.case.id();
        let newest = newest_minor();
        let mut texts = BTreeMap::new();
        for minor in 1..=newest + 2 {
            if let Some(text) = task.case.home.snapshot(&format!("{id}@1.{minor}"))? {
                texts.insert(minor, contents(format!("{id}@1.{minor}"), &text)?);
            }
        }
        if let Some(text) = task.case.home.snapshot(id)? {
            texts.insert(newest, contents(id.to_owned(), &text)?);
        }
        Ok(Self { texts })
    }

    fn base(&self) -> Option<&str> {
        self.texts.get(&newest_minor()).map(String::as_str)
    }

    /// What a minor version must show: its own, or what it inherits.
    fn holds_for(&self, minor: u32) -> Option<&str> {
        let own = self.texts.get(&minor).map(String::as_str);
        own.or_else(|| self.inherited(minor))
    }

    /// What holds for the next newer version; the newest that is recorded for one that is newer still.
    fn inherited(&self, minor: u32) -> Option<&str> {
        let newer = self.texts.range(minor + 1..).next();
        newer
            .or_else(|| self.texts.last_key_value())
            .map(|(_, text)| text.as_str())
    }
}

fn contents(name: String, text: &str) -> Result<String, Error> {
    SnapFile::parse(text)
        .map(|file| file.contents)
        .map_err(|source| Error::NotASnapshot { name, source })
}

fn newest_minor() -> u32 {
    newest_pinned().minor()
}

fn minor(toolchain: &Toolchain) -> u32 {
    toolchain.version.minor()
}
