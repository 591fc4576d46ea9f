//! The canonical projection: of an observation, what is the same in every run of a correct `go`.
//!
//! A `go` command downloads in parallel, reuses connections as it likes, races address families, asks for A and AAAA
//! at once, and retries on idle connections. So order is kept only within a key (see [`timeline`]), and what happens
//! once per connection is a set. Clocks, ephemeral ports, connection counts, byte counts, retransmissions, negotiated
//! versions and user agents are left out: the raw observation keeps them. Texts are treated in [`text`].

pub mod text;
pub mod timeline;
pub mod together;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::observation::{Exit, Observation, StepObservation};
use crate::wording::Wording;
use modfault_scenario::Phase;
use text::Texts;
pub use timeline::{Key, Timeline};
pub use together::CanonicalCommand;

/// What of one phase is the same in every run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Canonical {
    /// Which phase.
    pub phase: Phase,
    /// Its steps.
    pub steps: Vec<CanonicalStep>,
}

/// What of one step is the same in every run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CanonicalStep {
    /// The command line, or what the step did.
    pub title: String,
    /// How it ended; `None` for a step without a command.
    pub exit: Option<Exit>,
    /// Normalised lines.
    pub stdout: Vec<String>,
    /// Normalised lines.
    pub stderr: Vec<String>,
    /// Who was asked what, and what became of it.
    pub timeline: Timeline,
    /// Files that the scenario wants to see, normalised; `None` where there is none.
    pub files: BTreeMap<String, Option<Vec<String>>>,
    /// Each command where several ran at the same time; what the step itself prints then is what the first to come printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<CanonicalCommand>,
}

impl Canonical {
    /// Whether the commands of `other` show the same but for which faults fired.
    ///
    /// Steps without a command stay out: a fault may be such a step, and that it was done shows nothing.
    pub fn same_but_for_fired(&self, other: &Self) -> bool {
        let mut others = other.commands();
        self.commands().all(|step| {
            others
                .next()
                .is_some_and(|other| step.same_but_for_fired(other))
        }) && others.next().is_none()
    }

    fn commands(&self) -> impl Iterator<Item = &CanonicalStep> {
        self.steps.iter().filter(|step| step.exit.is_some())
    }
}

impl CanonicalStep {
    fn same_but_for_fired(&self, other: &Self) -> bool {
        // the titles stay out: a client fault may change the command itself, and that alone shows nothing
        self.exit == other.exit
            && self.stdout == other.stdout
            && self.stderr == other.stderr
            && together::same(&self.together, &other.together)
            && self.files == other.files
            && self.timeline.facts == other.timeline.facts
    }
}

/// Projects `observation`.
pub fn canonicalise(observation: &Observation, wording: &Wording) -> Canonical {
    let texts = Texts {
        wording,
        bindings: &observation.bindings,
        tools: &observation.tools,
    };
    Canonical {
        phase: observation.phase,
        steps: observation
            .steps
            .iter()
            .map(|step| canonical_step(step, &texts))
            .collect(),
    }
}

fn canonical_step(step: &StepObservation, texts: &Texts<'_>) -> CanonicalStep {
    let normalise = |text: &str| texts.line(text);
    let (stdout, stderr, timeline) = if step.together.is_empty() {
        (
            texts.lines(&step.stdout),
            texts.lines(&step.stderr),
            Timeline::of(&step.events, &normalise),
        )
    } else {
        (
            Vec::new(),
            together::said_by_any(&step.together, texts),
            Timeline::of_several(&step.events, &normalise),
        )
    };
    CanonicalStep {
        title: texts.line(&step.title),
        exit: step.exit,
        stdout,
        stderr,
        timeline,
        together: together::commands(&step.together, texts),
        files: step
            .files
            .iter()
            .map(|(path, text)| {
                (
                    texts.line(path),
                    text.as_deref().map(|text| texts.file(text)),
                )
            })
            .collect(),
    }
}
