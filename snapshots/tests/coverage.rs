//! The coverage table is whole, and what it says is so. How many rows are tried and untried is said in any case.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use modfault_coverage::coverage::counts;
use modfault_coverage::{Coverage, markdown};
use modfault_suite::{Collection, cases};

fn main() -> ExitCode {
    let trial = Trial::test(
        "every_row_of_the_catalogue_is_shown_or_says_why_not_and_the_table_is_current",
        table_is_whole_and_current,
    );
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn table_is_whole_and_current() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let ours = Collection::ours(Some(&root), &root)?;
    let cases = cases(&[], &ours)?;
    let scenarios = cases.iter().map(|case| &*case.scenario);
    let coverage = Coverage::of(&ours.ledger()?, scenarios);
    for (name, rows) in coverage.parts() {
        let [tried, untried, missing] = counts(rows);
        let line = format!("{name}: {tried} tried, {untried} untried, {missing} missing\n");
        // who closed stderr does not want to hear it
        io::stderr().write_all(line.as_bytes()).ok();
    }
    if !coverage.problems.is_empty() {
        let problems: Vec<String> = coverage.problems.iter().map(ToString::to_string).collect();
        return Err(problems.join("\n").into());
    }
    if fs::read_to_string(root.join("scenarios/COVERAGE.md"))? != markdown(&coverage) {
        return Err(
            "scenarios/COVERAGE.md is stale: `cargo run -- coverage --write` writes it anew".into(),
        );
    }
    Ok(())
}
