//! `modfault coverage`

use std::io::Write as _;

use crate::arguments::{CoverageArguments, Format};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;
use modfault_coverage::{Coverage, markdown};
use modfault_report::{coverage_json, coverage_text};
use modfault_suite::cases;

/// Says what of the catalogue the scenarios show.
pub(super) fn coverage(
    arguments: &CoverageArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let ours = context.ours()?;
    let cases =
        cases(&[], &ours).or_else(|error| output.bad_files(error.into(), arguments.format))?;
    let scenarios = cases.iter().map(|case| &*case.scenario);
    let coverage = Coverage::of(&ours.ledger()?, scenarios);
    let text = match arguments.format {
        Format::Human => coverage_text(&coverage),
        Format::Json => coverage_json(&coverage).map_err(Failure::machine)?,
    };
    write!(output.data, "{text}")?;
    if arguments.write {
        let Some(path) = ours.write_coverage(&markdown(&coverage))? else {
            let failure =
                Failure::usage("there is no checkout to write `scenarios/COVERAGE.md` to");
            return Err(failure
                .help("run it in a checkout of modfault, or name one with `--scenarios DIR`"));
        };
        writeln!(output.notes, "wrote {}", path.display())?;
    }
    Ok(if coverage.problems.is_empty() {
        Ending::AsExpected
    } else {
        Ending::NotAsExpected
    })
}
