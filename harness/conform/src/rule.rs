//! What a rule is.

use crate::act::Act;
use crate::sample::Sample;
use crate::seen::Seen;

/// One thing that is wanted of a GOPROXY server.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name: `list.text`.
    pub id: &'static str,
    /// What must hold, in words.
    pub says: &'static str,
    /// Where that is said.
    pub source: &'static str,
    /// How much of a fault it is where it does not hold.
    pub severity: Severity,
    /// What `go` does where it does not hold.
    pub consequence: &'static str,
    /// The world in which it is tried.
    pub setting: Setting,
    /// What is done; nothing where the sample does not have what it takes.
    pub acts: fn(&Sample) -> Vec<Act>,
    /// Whether it holds, by what was seen: then what that was, else in what it falls short.
    pub check: fn(&Sample, &Seen) -> Result<String, Shortfall>,
    /// How `go` shows the consequence, where it can.
    pub shown: Option<Shown>,
}

/// How much of a fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// `go` fails, goes elsewhere, or gets what is wrong.
    Must,
    /// `go` copes, or others suffer.
    Should,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
        }
    }
}

/// The world in which a rule is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// All is well; other rules are tried in the same world, before and after.
    Healthy,
    /// All is well, and the subject has just been started.
    Alone,
    /// Something is wrong upstream, and the subject has just been started.
    Bent(Bend),
}

/// Something wrong upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bend {
    /// In words, after "when".
    pub words: &'static str,
    /// As `[[fault]]` of a scenario file.
    pub fault: &'static str,
}

/// Why a rule is not seen to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// It does not; what was seen.
    Fails(String),
    /// It could not be tried; why.
    NotTried(String),
}

impl From<String> for Shortfall {
    fn from(seen: String) -> Self {
        Self::Fails(seen)
    }
}

/// How `go` shows what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The command.
    pub run: &'static str,
    /// Whether another proxy stands behind the subject in GOPROXY.
    pub next: bool,
}
