//! The claims as an article in Markdown.

use std::collections::BTreeMap;

use super::table::counts;
use super::{ClaimCard, Language};
use crate::card::Card;
use crate::wrap::with_capital;

/// `scenarios/claims/README.md`: the preface, then the claims by the scenario that tries them.
pub fn claims_article(preface: &str, scenarios: &[&Card]) -> String {
    let mut claims: Vec<&ClaimCard> = scenarios.iter().flat_map(|card| &card.claims).collect();
    claims.sort_by_key(|claim| claim.id);
    let mut out = preface.trim_end().to_owned();
    out.push_str("\n\n## The count\n\n");
    out.push_str(&counts(&claims, Language::En, |_, text| text));
    let mut chapters: BTreeMap<_, &Card> = BTreeMap::new();
    for card in scenarios {
        if let Some(first) = card.claims.iter().map(|claim| claim.id).min() {
            chapters.insert(first, card);
        }
    }
    for card in chapters.into_values() {
        chapter(&mut out, card);
    }
    out
}

fn chapter(out: &mut String, card: &Card) {
    let name = card.id.rsplit('/').next().unwrap_or(&card.id);
    let (heading, rest) = parts(&card.description);
    out.push_str(&format!("\n## {}\n", escaped(heading)));
    if !rest.is_empty() {
        out.push_str(&format!("\n{}\n", escaped(&with_capital(rest))));
    }
    if let Some(told) = &card.told {
        out.push_str(&format!("\n{}\n", escaped(told.trim())));
    }
    out.push_str(&format!(
        "\nTried in [`{name}.toml`]({name}.toml), seen in [its snapshot](../../snapshots/{}.snap).\n",
        card.id
    ));
    let mut claims: Vec<&ClaimCard> = card.claims.iter().collect();
    claims.sort_by_key(|claim| claim.id);
    for claim in claims {
        let sources = claim.sources.join(", ");
        out.push_str(&format!(
            "\n**{}, {}.** *{}* ({sources})\n",
            claim.id,
            claim.verdict,
            escaped(&claim.says.en),
        ));
        out.push_str(&escaped(&claim.truth.en));
        for (range, verdict) in &claim.versions {
            out.push_str(&format!(" On Go {range}: {verdict}."));
        }
        if !claim.relied_on_by.is_empty() {
            let links: Vec<String> = claim
                .relied_on_by
                .iter()
                .map(|id| format!("[{id}](../{id}.toml)"))
                .collect();
            out.push_str(&format!(" Relied on by {}.", links.join(", ")));
        }
        out.push('\n');
    }
}

/// What a description says before its first colon, a heading; and what it says behind it, of the world.
fn parts(description: &str) -> (&str, &str) {
    match description.split_once(": ") {
        Some((heading, rest)) => (heading, rest),
        None => (description.trim_end_matches('.'), ""),
    }
}

/// Text in which only backticks mean something.
fn escaped(text: &str) -> String {
    let mut in_code = false;
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '`' => in_code = !in_code,
            '*' | '_' | '<' | '[' if !in_code => out.push('\\'),
            _ => {}
        }
        out.push(character);
    }
    out
}
