//! Where a command hangs, in words: from the timeline, from what its processes sleep in, and from `go`'s own goroutines.
//!
//! [`dump`] reads the goroutines that `go` prints when it is told to quit, [`place`] finds among them what it waits for, and
//! [`begun`] finds in the timeline what was begun and never ended. The sentences are ours; out of a dump come function names alone.

pub mod begun;
pub mod dump;
pub mod place;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::observation::{Exit, Hang, StepObservation, Waiting};
use begun::begun;
use dump::goroutines;
use place::{Place, place};

/// Where a command hangs, a sentence without its final period each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HangWords {
    /// For ever, or merely until its time was over.
    pub how: String,
    /// What was begun and never ended, as the timeline has it.
    pub begun: Option<String>,
    /// What `go` waits for, by its own goroutines.
    pub place: Option<String>,
    /// What its other processes sleep in.
    pub others: Option<String>,
}

impl HangWords {
    /// Every sentence, the chief one first.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        let further = [&self.begun, &self.place, &self.others];
        std::iter::once(self.how.as_str()).chain(further.into_iter().flatten().map(String::as_str))
    }

    /// Every sentence in one line.
    pub fn line(&self) -> String {
        let sentences: Vec<&str> = self.sentences().collect();
        sentences.join("; ")
    }
}

/// Where `step` hangs; `None` where it came to its end.
pub fn hang_words(step: &StepObservation) -> Option<HangWords> {
    if step.exit != Some(Exit::Overran) {
        return None;
    }
    let hang = step.hang.as_ref();
    Some(HangWords {
        how: how(hang, step.took),
        begun: begun(&step.events),
        place: hang.and_then(|hang| {
            let place = place(&goroutines(&hang.dump))?;
            Some(place_words(&place, &hang.waits))
        }),
        others: hang.and_then(|hang| others(&hang.waits)),
    })
}

fn how(hang: Option<&Hang>, took: Duration) -> String {
    match hang {
        Some(hang) if hang.for_ever => {
            "it hangs for ever: nothing is left that could bring it on".to_owned()
        }
        Some(Hang { after, .. }) => still_running(*after),
        None => still_running(took),
    }
}

fn still_running(after: Duration) -> String {
    format!(
        "it hangs: still running after {:.1} s, and killed",
        after.as_secs_f64()
    )
}

/// The name under which the go command runs.
const GO: &str = "go";

fn place_words(place: &Place, waits: &[Waiting]) -> String {
    let mut words = format!("go {}", place.activity.words());
    let child = waits.iter().map(|waiting| waiting.process.as_str());
    let child = child.filter(|process| *process != GO).min();
    if let (place::Activity::Child, Some(child)) = (place.activity, child) {
        words = format!("go waits for `{child}` to end");
    }
    words.push_str(&format!(": {} in `{}`", place.wait.words(), place.library));
    if let Some(command) = &place.command {
        words.push_str(&format!(", for `{command}`"));
    }
    match place.alike {
        0 => {}
        1 => words.push_str(", and one goroutine more like it"),
        more => words.push_str(&format!(", and {more} goroutines more like it")),
    }
    words
}

/// What processes other than go sleep in, each once: threads and equal processes are told as one.
fn others(waits: &[Waiting]) -> Option<String> {
    let others: BTreeSet<&Waiting> = waits
        .iter()
        .filter(|waiting| waiting.process != GO)
        .collect();
    let told: Vec<String> = others
        .into_iter()
        .map(|waiting| format!("`{}` {}", waiting.process, waiting.call))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}
