//! Claims as a table, and as JSON.

use anstyle::Style;
use serde::Serialize;

use super::{ClaimCard, Language};
use crate::style::{ASIDE, BAD, GOOD, NAME, WARN, painted};
use crate::wrap::{width, wrapped};
use modfault_scenario::ClaimVerdict;

/// Each claim with its verdict, and below it what is true; the counts at the end.
pub fn claims_table(claims: &[&ClaimCard], language: Language) -> String {
    let mut out = String::new();
    let words = ClaimVerdict::ALL.map(|verdict| width(language.verdict(verdict)));
    let column = words.into_iter().max().unwrap_or(0);
    for claim in claims {
        let verdict = language.verdict(claim.verdict);
        let blank = " ".repeat(column - width(verdict));
        let plain = format!("{:<5} {verdict}{blank}  ", claim.id);
        let indent = " ".repeat(width(&plain));
        let text = wrapped(language.of(&claim.says), &plain, &indent);
        // painted after it was wrapped: escapes have no width
        let text = text.replacen(
            &plain,
            &format!(
                "{} {}{blank}  ",
                painted(NAME, format!("{:<5}", claim.id)),
                painted(colour(claim.verdict), verdict)
            ),
            1,
        );
        out.push_str(&text);
        out.push_str(&wrapped(
            language.of(&claim.truth),
            &format!("{indent}-> "),
            &format!("{indent}   "),
        ));
        for (range, verdict) in &claim.versions {
            let text = format!("Go {range}: {}", language.verdict(*verdict));
            out.push_str(&wrapped(
                &text,
                &format!("{indent}   "),
                &format!("{indent}   "),
            ));
        }
    }
    out.push_str(&counts(claims, language, |verdict, text| {
        painted(colour(verdict), text)
    }));
    out
}

/// How many claims have which verdict, each number painted by `paint`.
pub(super) fn counts(
    claims: &[&ClaimCard],
    language: Language,
    paint: impl Fn(ClaimVerdict, String) -> String,
) -> String {
    let of = |verdict: ClaimVerdict| claims.iter().filter(|c| c.verdict == verdict).count();
    let each: Vec<String> = ClaimVerdict::ALL
        .into_iter()
        .filter(|verdict| of(*verdict) > 0)
        .map(|verdict| {
            let text = match language {
                Language::En => format!("{} {verdict}", of(verdict)),
                Language::Zh => format!("{} {}", language.verdict(verdict), of(verdict)),
            };
            paint(verdict, text)
        })
        .collect();
    let all = claims.len();
    match language {
        Language::En if claims.len() == 1 => format!("{all} claim: {}\n", each.join(", ")),
        Language::En => format!("{all} claims: {}\n", each.join(", ")),
        Language::Zh => format!("共 {all} 条：{}\n", each.join("，")),
    }
}

pub(super) fn colour(verdict: ClaimVerdict) -> Style {
    match verdict {
        ClaimVerdict::Confirmed => GOOD,
        ClaimVerdict::Refuted => BAD,
        ClaimVerdict::Partly | ClaimVerdict::Depends => WARN,
        ClaimVerdict::Untried => ASIDE,
    }
}

/// What a scenario relies on and experiments do not confirm, a line each; for `show`.
pub(crate) fn reliance(claims: &[ClaimCard]) -> String {
    let doubtful = claims
        .iter()
        .filter(|c| c.verdict != ClaimVerdict::Confirmed);
    doubtful
        .map(|claim| {
            let text = format!(
                "{} ({}): {} In truth: {}",
                claim.id, claim.verdict, claim.says.en, claim.truth.en
            );
            wrapped(&text, "  * ", "    ")
        })
        .collect()
}

/// `{"schema": "modfault.claims.v1", "claims": [...]}`.
///
/// # Errors
///
/// None that is known: every key is a text.
pub fn claims_json(claims: &[&ClaimCard]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Claims<'a> {
        schema: &'static str,
        claims: &'a [&'a ClaimCard],
    }
    let mut text = serde_json::to_string_pretty(&Claims {
        schema: "modfault.claims.v1",
        claims,
    })?;
    text.push('\n');
    Ok(text)
}
