//! `modfault list`

use std::io::Write as _;

use crate::arguments::{Format, ListArguments};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;
use modfault_report::{list_json, list_table};
use modfault_suite::cases;

/// Lists scenarios.
pub(super) fn list(
    arguments: &ListArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let cases = cases(&arguments.selection.filters, &context.ours()?)
        .or_else(|error| output.bad_files(error.into(), arguments.format))?;
    let cards = cases.iter().map(|case| &*case.card);
    let text = match arguments.format {
        Format::Human => list_table(cards),
        Format::Json => list_json(cards).map_err(Failure::machine)?,
    };
    write!(output.data, "{text}")?;
    Ok(Ending::AsExpected)
}
