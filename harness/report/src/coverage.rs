//! What of the catalogue the scenarios show.

use modfault_coverage::coverage::{Coverage, CoveredRow, Problem, Status, counts};
use serde::Serialize;

use crate::style::{ASIDE, BAD, HEADING, NAME, painted};
use crate::wrap::wrapped;

/// How many rows are shown, which are not and why, and what does not fit.
pub fn coverage_text(coverage: &Coverage) -> String {
    let mut text = String::new();
    for (name, rows) in coverage.parts() {
        let [tried, untried, missing] = counts(rows);
        text += &format!("{}\n", painted(HEADING, name));
        text += &format!("  {tried} tried, {untried} untried, {missing} missing\n");
        for row in rows {
            text += &untried_row(row);
        }
        let missing: Vec<&str> = rows
            .iter()
            .filter(|row| row.status == Status::Missing)
            .map(|row| row.name.as_str())
            .collect();
        if !missing.is_empty() {
            let list = wrapped(&missing.join(", "), "  missing: ", "    ");
            text += &format!("{}\n", painted(BAD, list.trim_end()));
        }
        text.push('\n');
    }
    let mut missing = false;
    for problem in &coverage.problems {
        if matches!(problem, Problem::Missing { .. }) {
            missing = true;
        } else {
            let problem = wrapped(&problem.to_string(), "", "  ");
            text += &format!("{}\n", painted(BAD, problem.trim_end()));
        }
    }
    if missing {
        text += &wrapped(
            "A row that is missing needs a scenario, or a reason in scenarios/coverage.toml (`untried = \"…\"`).",
            "",
            "",
        );
    }
    match coverage.problems.len() {
        0 => text += "Every row is shown, or says why not.\n",
        1 => text += "1 row does not fit.\n",
        many => text += &format!("{many} rows do not fit.\n"),
    }
    text
}

/// A row that is not shown, with the reason; nothing for another.
fn untried_row(row: &CoveredRow) -> String {
    match &row.status {
        Status::Untried(reason) => {
            let line = wrapped(&format!("{}: {reason}", row.name), "  ", "    ");
            let (name, reason) = line.split_once(": ").unwrap_or((&line, ""));
            format!(
                "{}: {}\n",
                painted(NAME, name),
                painted(ASIDE, reason.trim_end())
            )
        }
        Status::Tried(_) | Status::Missing => String::new(),
    }
}

/// `{"schema": "modfault.coverage.v1", ...}` with every row.
///
/// # Errors
///
/// None that is known: every key is a text.
pub fn coverage_json(coverage: &Coverage) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        #[serde(flatten)]
        coverage: &'a Coverage,
    }
    let mut text = serde_json::to_string_pretty(&Document {
        schema: "modfault.coverage.v1",
        coverage,
    })?;
    text.push('\n');
    Ok(text)
}
