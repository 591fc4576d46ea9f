//! One scenario told to a reader who never saw it, in 80 columns.

mod components;
mod hang;
pub(crate) mod order;
mod probes;
pub(crate) mod ran;
mod world;

use crate::card::Card;
use crate::claims::{Language, claims_table, reliance};
use crate::clock::time_on;
use crate::record::{PhaseRecord, Record, VerdictWord};
use crate::style::{ASIDE, BAD, GOOD, HEADING, WARN, painted};
use crate::terminal::{id_text, other_go};
use crate::wrap::{WIDTH, wrapped};
use modfault_outcome::reason::stopped_words;
use modfault_outcome::{Exit, ObservedClock, StepObservation};
use modfault_scenario::{Kind, Phase};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a reader wants, in 80 columns.
    Usual,
    /// That, and what go said of its goroutines where it hung, as it did, and what the real programs said.
    Verbose,
}

/// Tells the scenario: its world, what is broken, what was run and printed, who was asked, what mends it, what does not.
pub fn show(record: &Record, detail: Detail) -> String {
    let card = &record.scenario;
    let mut out = format!("{}\n{}\n", id_text(&card.id), "=".repeat(WIDTH));
    out.push_str(&wrapped(&card.description, "", ""));
    for paragraph in card.told.iter().flat_map(|told| told.split("\n\n")) {
        out.push('\n');
        out.push_str(&wrapped(paragraph, "", ""));
    }
    if let Some(range) = &card.go {
        out.push('\n');
        out.push_str(&wrapped(&format!("It is about Go {range} alone."), "", ""));
    }
    heading(&mut out, "The world");
    out.push_str(&world::drawing(card));
    stated(&mut out, card);
    if !card.faults.is_empty() || card.kind != Kind::Claims {
        heading(&mut out, "What is broken");
    }
    for fault in &card.faults {
        out.push_str(&wrapped(&format!("{}.", fault.words), "  * ", "    "));
    }
    if card.kind != Kind::Claims {
        out.push_str(&wrapped(kind_words(card.kind), "    ", "    "));
    }
    if let Some(control) = record.phase(Phase::Control) {
        out.push_str(&wrapped(
            &format!("Without the fault: {}.", ending(control)),
            "    ",
            "    ",
        ));
    }
    let seen = record.phase(Phase::Fault);
    match seen.or_else(|| record.phase(Phase::Trial)) {
        Some(fault) => told_from(&mut out, fault, record, detail),
        None => not_run(&mut out, record),
    }
    if !card.probes.is_empty() {
        heading(&mut out, "What you would try to find it");
        out.push_str(&probes::told(record));
    }
    remedies(&mut out, record, "What mends it", &card.fixes, Phase::Fix);
    remedies(
        &mut out,
        record,
        if card.kind == Kind::Myth {
            "When the symptom does come"
        } else {
            "What does not"
        },
        &card.nonfixes,
        Phase::Nonfix,
    );
    verdict(&mut out, record);
    heading(&mut out, "To go on");
    out.push_str(&format!("    modfault run {}\n", card.argument()));
    if !card.sources.is_empty() {
        out.push_str(&wrapped(
            &format!("Documented in {}.", card.sources.join(", ")),
            "    ",
            "    ",
        ));
    }
    out
}

fn told_from(out: &mut String, fault: &PhaseRecord, record: &Record, detail: Detail) {
    let go = record.go.as_deref().unwrap_or("go");
    heading(out, &format!("What was run, and what it said ({go})"));
    let steps = titled(fault, record);
    out.push_str(&ran::steps(&steps, &fault.observation.clock));
    out.push_str(&wrapped(
        &match (&fault.stopped, last_exit(fault)) {
            (None, _) => "It was not stopped.".to_owned(),
            (Some(stopped), Some(Exit::Code(0))) => {
                format!(
                    "A command before the last was stopped {}.",
                    stopped_words(Some(stopped))
                )
            }
            (Some(stopped), _) => format!("It was stopped {}.", stopped_words(Some(stopped))),
        },
        "  ",
        "  ",
    ));
    if let ObservedClock::Real {
        reason: Some(reason),
    } = &fault.observation.clock
    {
        let text = format!("It ran on the real clock: {reason}.");
        out.push_str(&wrapped(&text, "  ", "  "));
    }
    out.push_str(&hang::told(&fault.observation.steps, detail));
    heading(out, "Who was asked what (one observed order)");
    out.push_str(&order::asked(
        &fault.observation.steps,
        &fault.observation.clock,
    ));
    let said = components::told(&fault.observation, detail);
    let is_wanted = detail == Detail::Verbose || record.verdict == VerdictWord::NotAsExpected;
    if is_wanted && !said.is_empty() {
        heading(out, "What the real programs said");
        out.push_str(&said);
    }
}

/// The statements of documents that the scenario puts to the test, or that it relies on.
fn stated(out: &mut String, card: &Card) {
    if !card.claims.is_empty() {
        heading(out, "What documents state");
        let claims: Vec<_> = card.claims.iter().collect();
        out.push_str(&claims_table(&claims, Language::En));
    }
    let reliance = reliance(&card.relies_on);
    if !reliance.is_empty() {
        heading(out, "What its documents state, and is not so");
        out.push_str(&reliance);
    }
}

/// The steps of a phase. Those of a trial are told apart by their variables, so they are called as the file has them.
fn titled(phase: &PhaseRecord, record: &Record) -> Vec<StepObservation> {
    let mut steps = phase.observation.steps.clone();
    if phase.phase == Phase::Trial {
        for (step, told) in steps.iter_mut().zip(&record.scenario.steps) {
            step.title.clone_from(told);
        }
    }
    steps
}

fn not_run(out: &mut String, record: &Record) {
    heading(out, "What is run");
    for step in &record.scenario.steps {
        out.push_str(&wrapped(step, "  $ ", "      "));
    }
}

fn remedies(
    out: &mut String,
    record: &Record,
    title: &str,
    titles: &[String],
    phase: impl Fn(usize) -> Phase,
) {
    if titles.is_empty() {
        return;
    }
    heading(out, title);
    let unmended = record.phase(Phase::Fault).map(ending);
    for (index, title) in titles.iter().enumerate() {
        let first = format!("  {}. ", index + 1);
        out.push_str(&wrapped(title, &first, "     "));
        if let Some(found) = record.phase(phase(index)) {
            let ending = ending(found);
            let same = unmended.as_deref() == Some(ending.as_str());
            let words = if same {
                format!("{ending}, as before")
            } else {
                ending
            };
            out.push_str(&wrapped(&words, "     -> ", "        "));
        }
    }
}

/// The exit of the last command of a phase.
fn last_exit(phase: &PhaseRecord) -> Option<Exit> {
    phase
        .observation
        .steps
        .iter()
        .rev()
        .find_map(|step| step.exit)
}

/// How a phase ended: its last command's exit and where it stopped.
fn ending(phase: &PhaseRecord) -> String {
    match (last_exit(phase), &phase.stopped) {
        (Some(Exit::Code(0)), _) => "it works".to_owned(),
        (Some(exit), Some(stopped)) => {
            format!("{exit}, stopped {}", stopped_words(Some(stopped)))
        }
        (Some(exit), None) => exit.to_string(),
        (None, _) => "no command was run".to_owned(),
    }
}

fn verdict(out: &mut String, record: &Record) {
    match record.verdict {
        VerdictWord::AsExpected if record.phases.is_empty() => {}
        VerdictWord::AsExpected => {
            out.push_str(&format!("\n{}\n", painted(GOOD, "All of it as expected.")));
        }
        VerdictWord::NotAsExpected => {
            out.push_str(&format!("\n{}\n", painted(BAD, "Not as expected:")));
            for reason in &record.reasons {
                out.push_str(&wrapped(&reason.message, "  * ", "    "));
            }
        }
        VerdictWord::OtherGo => {
            let text = format!("Nothing was run: it is {}.", other_go(record));
            out.push_str(&format!("\n{}\n", painted(WARN, text)));
        }
        VerdictWord::CouldNotRun => {
            let reason = record.could_not_run.as_deref().unwrap_or("no reason given");
            out.push_str(&format!(
                "\n{}\n",
                painted(WARN, "It could not be run here:")
            ));
            out.push_str(&wrapped(reason, "  ", "  "));
        }
    }
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Fails => "The command fails.",
        Kind::Survives => "The command copes with it.",
        Kind::Slower => "The command works, and takes longer.",
        Kind::Myth => "The symptom that is documented for it does not come.",
        Kind::Claims => "What documents state is put to the test.",
    }
}

fn heading(out: &mut String, text: &str) {
    out.push_str(&format!("\n{}\n", painted(HEADING, text)));
}

/// How long a step took, where that is worth telling.
fn waited(step: &StepObservation, clock: &ObservedClock) -> Option<String> {
    let long = step.took.as_millis() >= 1000;
    long.then(|| painted(ASIDE, format!("after {}", time_on(step.took, clock))))
}
