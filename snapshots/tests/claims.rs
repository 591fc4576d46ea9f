//! The article about the claims is current, every claim of the documents is stated once, and what relies on it is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use modfault_report::{Card, claims_article};
use modfault_suite::{Case, Collection, cases};

fn main() -> ExitCode {
    let trials = vec![
        Trial::test(
            "the_article_about_the_claims_is_current",
            article_is_current,
        ),
        Trial::test(
            "every_claim_is_stated_once_and_relied_on_by_scenarios_that_are_there",
            claims_are_whole,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn ours() -> Result<(Collection, Vec<Case>), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ours = Collection::ours(Some(&root), &root)?;
    let cases = cases(&[], &ours)?;
    Ok((ours, cases))
}

fn article_is_current() -> Result<(), Failed> {
    let (ours, cases) = ours()?;
    let cards: Vec<&Card> = cases
        .iter()
        .map(|case| &*case.card)
        .filter(|card| !card.claims.is_empty())
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let article = fs::read_to_string(root.join("scenarios/claims/README.md"))?;
    if article != claims_article(&ours.claims_preface()?, &cards) {
        return Err(
            "scenarios/claims/README.md is stale: `cargo run -- claims --write` writes it anew"
                .into(),
        );
    }
    Ok(())
}

/// How many statements the documents make, by the catalogue of them.
const CLAIMS: usize = 238;

fn claims_are_whole() -> Result<(), Failed> {
    let (_, cases) = ours()?;
    let ids: BTreeSet<&str> = cases.iter().map(Case::id).collect();
    let mut stated = BTreeMap::new();
    let mut wrong = Vec::new();
    for claim in cases.iter().flat_map(|case| &case.card.claims) {
        if let Some(other) = stated.insert(claim.id, &claim.scenario) {
            wrong.push(format!(
                "{} is stated by {other} and by {}",
                claim.id, claim.scenario
            ));
        }
        for id in claim
            .relied_on_by
            .iter()
            .filter(|id| !ids.contains(id.as_str()))
        {
            wrong.push(format!(
                "{} is relied on by {id}, which is not there",
                claim.id
            ));
        }
    }
    for number in 1..=CLAIMS {
        let id = format!("C{number:02}");
        if !stated.keys().any(|known| known.to_string() == id) {
            wrong.push(format!("{id} is stated by no scenario"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}
