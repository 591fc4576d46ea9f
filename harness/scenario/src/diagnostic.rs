//! What is wrong with a scenario file, as values; `harness/report` renders them.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// One problem in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Which problem.
    pub code: Code,
    /// What is wrong: a lower-case fragment without final period, values in backticks.
    pub message: String,
    /// Places in the file, the chief one first; empty when the problem is that something is absent.
    pub labels: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
}

/// A place in a file with what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Bytes of the file's text.
    pub span: Range<usize>,
    /// What is said of it.
    pub text: String,
}

impl Diagnostic {
    /// A problem with a message alone.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
        }
    }

    /// The same with one more place.
    pub(crate) fn at(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The same with what to do next.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with the names nearest to `written` among `known` as help, or all of them where none is near.
    pub(crate) fn nearest<'a>(
        self,
        written: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(written, known.iter().copied()).as_slice() {
            [] if known.is_empty() => self,
            [] => self.help(format!("known here: {}", quoted(&known))),
            near => self.help(format!("did you mean {}?", quoted(near))),
        }
    }
}

/// The names among `known` that are near to `written`, nearest first, three at most.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        .map(|name| (strsim::osa_distance(written, name), name))
        // A word of three letters may have one wrong, a longer one more, but never half of them.
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .collect();
    near.sort();
    near.dedup();
    let best = near.first().map_or(0, |(distance, _)| *distance);
    let near = near
        .into_iter()
        .filter(|(distance, _)| *distance <= best + 1);
    near.take(3).map(|(_, name)| name).collect()
}

/// Names in backticks, with commas between.
pub(crate) fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

macro_rules! codes {
    ($($variant:ident = $text:literal, $doc:literal;)*) => {
        /// Every problem that a scenario file can have; each has a file in `scenarios/invalid/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Code {
            $(#[doc = $doc] #[serde(rename = $text)] $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word for it: `unknown-key`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    BadToml = "bad-toml", "The file is no TOML.";
    UnknownKey = "unknown-key", "A key that has no meaning where it stands.";
    WrongType = "wrong-type", "A value of another type than the key takes.";
    MissingKey = "missing-key", "A table lacks a key that it needs.";
    UnknownValue = "unknown-value", "A word that is none of those that the key takes.";
    UnknownFault = "unknown-fault", "A fault that its mechanism does not have.";
    UnknownLayer = "unknown-layer", "A folder or `layer` that is no layer.";
    BadNumber = "bad-number", "A number outside the range that the key takes.";
    BadHostName = "bad-host-name", "A text that is no host name.";
    BadAddress = "bad-address", "A text that is no IP address.";
    BadDuration = "bad-duration", "A text that is no duration.";
    BadProbability = "bad-probability", "A number that is no probability.";
    BadModulePath = "bad-module-path", "A text that is no module path.";
    BadVersion = "bad-version", "A text that is no module version.";
    BadGlob = "bad-glob", "A pattern that cannot match as meant.";
    BadHeaderName = "bad-header-name", "A name that no header field has.";
    BadSource = "bad-source", "A source that is not spelt `S1-3.2`.";
    BadCovers = "bad-covers", "A row of the coverage table that is not spelt `cmd/go SCRIPT` or `system NAME`.";
    BadNeed = "bad-need", "A need that modfault does not know how to look for.";
    BadEnv = "bad-env", "A name or value that no environment variable can have.";
    ReservedEnv = "reserved-env", "A variable that the world keeps for itself.";
    BadKeyName = "bad-key-name", "A name that no SSH key can have.";
    BadFilePath = "bad-file-path", "A path that is none on the client.";
    BadVersionRange = "bad-version-range", "A range of Go versions that cannot be read.";
    BadTemplate = "bad-template", "A `{word:…}` in the files of a program that stands for nothing.";
    BadStep = "bad-step", "A step that does nothing, or several things at once.";
    UnknownHost = "unknown-host", "A host that the scenario does not declare.";
    UnknownComponent = "unknown-component", "A program that is neither known nor an absolute path.";
    ComponentWithRole = "component-with-role", "A host that is a real program and something else too.";
    UnknownModule = "unknown-module", "A module that neither the file nor the library has.";
    UnknownVersion = "unknown-version", "A version that the module does not have.";
    UnknownDatabase = "unknown-database", "A checksum database that no host is.";
    UnknownRepository = "unknown-repository", "A repository that no git host has.";
    UnknownPort = "unknown-port", "A port on which the host does not listen.";
    FaultNotApplicable = "fault-not-applicable", "A fault or selector that the host gives no occasion for.";
    EmptyFault = "empty-fault", "A `[[fault]]` in which nothing is wrong.";
    SeveralFaults = "several-faults", "A `[[fault]]` with more than one thing wrong.";
    SeveralTriggers = "several-triggers", "A `[[fault]]` with more than one trigger.";
    NoDescription = "no-description", "A scenario without a description.";
    NoRun = "no-run", "A scenario that runs nothing.";
    RunAndSteps = "run-and-steps", "A client with both `run` and `steps`.";
    NoFault = "no-fault", "A scenario in which nothing is wrong.";
    NoFix = "no-fix", "A failure without a fix.";
    EmptyExpect = "empty-expect", "A scenario that states nothing about its fault.";
    KindMismatch = "kind-mismatch", "An expectation that contradicts the kind.";
    DuplicateFixTitle = "duplicate-fix-title", "Two fixes or nonfixes under one title.";
    UnknownClaim = "unknown-claim", "A claim that the file does not state, or a name that no claim has.";
    ClaimWithoutEvidence = "claim-without-evidence", "A verdict that no step stands for.";
    EmptyProbe = "empty-probe", "A probe of which nothing is to be seen.";
    DuplicateProbe = "duplicate-probe", "The same probe twice.";
    FixChangesNothing = "fix-changes-nothing", "A fix or nonfix that changes nothing.";
    BadTime = "bad-time", "A text that is no time of a clock.";
    ExitAndHangs = "exit-and-hangs", "An expectation of both an exit status and none.";
    RealAndStart = "real-and-start", "The machine's own clock with another time to begin at.";
    BadValue = "bad-value", "A value that cannot be read, for the reason given.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
