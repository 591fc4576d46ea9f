//! One claim with the experiments that decide it.

use super::table::colour;
use super::words::foretold;
use super::{ClaimCard, Language};
use crate::record::{Record, VerdictWord};
use crate::show::{order, ran};
use crate::style::{BAD, GOOD, HEADING, NAME, painted};
use crate::wrap::{WIDTH, wrapped};
use modfault_outcome::TriedPrediction;
use modfault_scenario::Phase;

/// The claim, its verdict, and each experiment: what would have been seen, what was printed, who was asked what.
pub fn claim_evidence(claim: &ClaimCard, record: &Record, language: Language) -> String {
    let mut out = head(claim, language);
    let Some(trial) = record.phase(Phase::Trial) else {
        return out;
    };
    let tried = record.claims.iter().find(|tried| tried.id == claim.id);
    let predictions = tried.map_or(&[][..], |tried| &tried.predictions);
    for prediction in predictions {
        let Some(step) = trial.observation.steps.get(prediction.step) else {
            continue;
        };
        out.push('\n');
        let number = prediction.step + 1;
        let title = match language {
            Language::En => format!(
                "Step {number} of {}, on {}",
                claim.scenario,
                record.go.as_deref().unwrap_or("go")
            ),
            Language::Zh => format!(
                "{} 第 {number} 步，{}",
                claim.scenario,
                record.go.as_deref().unwrap_or("go")
            ),
        };
        out.push_str(&format!("{}\n", painted(HEADING, title)));
        for words in foretold(&prediction.foretold, language) {
            out.push_str(&wrapped(
                &words,
                language.choose("  were it true: ", "  若属实："),
                "    ",
            ));
        }
        out.push_str(&came(prediction, language));
        let mut step = step.clone();
        if let Some(told) = record.scenario.steps.get(prediction.step) {
            step.title.clone_from(told);
        }
        let steps = std::slice::from_ref(&step);
        out.push_str(&ran::steps(steps, &trial.observation.clock));
        out.push_str(&order::asked(steps, &trial.observation.clock));
    }
    if record.verdict == VerdictWord::NotAsExpected {
        out.push('\n');
        for reason in &record.reasons {
            out.push_str(&wrapped(&reason.message, "  * ", "    "));
        }
    }
    out
}

/// The claim and its verdict alone, where nothing was run.
pub fn claim_untold(claim: &ClaimCard, language: Language) -> String {
    head(claim, language)
}

fn head(claim: &ClaimCard, language: Language) -> String {
    let verdict = painted(colour(claim.verdict), language.verdict(claim.verdict));
    let mut out = format!(
        "{}  {verdict}\n{}\n",
        painted(NAME, claim.id),
        "=".repeat(WIDTH)
    );
    let sources = claim.sources.join(", ");
    out.push_str(&wrapped(
        &format!("{} ({sources})", language.of(&claim.says)),
        language.choose("Stated: ", "说法："),
        "    ",
    ));
    out.push_str(&wrapped(
        language.of(&claim.truth),
        language.choose("In truth: ", "事实："),
        "    ",
    ));
    for (range, verdict) in &claim.versions {
        out.push_str(&format!("Go {range}: {}\n", language.verdict(*verdict)));
    }
    if !claim.relied_on_by.is_empty() {
        out.push_str(&wrapped(
            &claim.relied_on_by.join(", "),
            language.choose("Relied on by: ", "依赖它的场景："),
            "    ",
        ));
    }
    out
}

fn came(prediction: &TriedPrediction, language: Language) -> String {
    if prediction.came() {
        let words = language.choose("  it came", "  果然如此");
        return format!("{}\n", painted(GOOD, words));
    }
    let words = language.choose("  it did not come", "  并非如此");
    let mut out = format!("{}\n", painted(BAD, words));
    for (foretold, seen) in &prediction.missing {
        let text = match language {
            Language::En => format!("expected {foretold}; {seen}"),
            Language::Zh => format!("预期 {foretold}；实际 {seen}"),
        };
        out.push_str(&wrapped(&text, "    ", "      "));
    }
    out
}
