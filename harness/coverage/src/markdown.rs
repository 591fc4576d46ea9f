//! The coverage table as people read it.

use crate::coverage::{Coverage, CoveredRow, Status, counts};

/// How many scenarios a row names; more of them are counted.
const NAMED: usize = 4;

/// `scenarios/COVERAGE.md`.
pub fn markdown(coverage: &Coverage) -> String {
    let mut text = String::from(
        "# Coverage\n\n\
         Written by `modfault coverage --write` from [coverage.toml](coverage.toml), which lists the rows that there must be, and from the\n\
         scenarios; a test fails when it is not what they say, when a row has neither a scenario nor a reason, or when a reason is stale.\n\
         *Tried* means: a scenario shows it with the real program, as a controlled experiment. A failure is shown by the scenario of its own id.\n\n\
         | | tried | untried | missing |\n|---|---|---|---|\n",
    );
    for (name, rows) in coverage.parts() {
        let [tried, untried, missing] = counts(rows);
        text += &format!("| {name} | {tried} | {untried} | {missing} |\n");
    }
    for (name, rows) in coverage.parts() {
        text += &format!("\n## {name}\n");
        let mut group = None;
        for row in rows {
            if group != Some(&row.group) {
                group = Some(&row.group);
                text += &format!(
                    "\n### {}\n\n| | what | shown by |\n|---|---|---|\n",
                    row.group
                );
            }
            text += &line(row);
        }
    }
    text
}

fn line(row: &CoveredRow) -> String {
    let shown = match &row.status {
        Status::Tried(by) => {
            let named: Vec<String> = by.iter().take(NAMED).map(|id| link(id)).collect();
            match by.len().checked_sub(NAMED) {
                Some(more) if more > 0 => format!("{} and {more} more", named.join(", ")),
                _ => named.join(", "),
            }
        }
        Status::Untried(reason) => format!("*untried*: {}", cell(reason)),
        Status::Missing => "**missing**".to_owned(),
    };
    format!("| {} | {} | {shown} |\n", cell(&row.name), cell(&row.what))
}

fn link(id: &str) -> String {
    format!("[{id}]({id}.toml)")
}

/// A text within a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
