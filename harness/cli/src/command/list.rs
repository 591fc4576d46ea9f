//! `modfault list`

use std::io::Write as _;

use crate::arguments::{Format, ListArguments};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;
use crate::select;
use modfault_report::{list_json, list_table};

/// Lists scenarios.
pub(super) fn list(
    arguments: &ListArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let cases = select::cases(&arguments.selection.filters, context)
        .or_else(|failure| output.bad_files(failure, arguments.format))?;
    let cards = cases.iter().map(|case| &case.card);
    let text = match arguments.format {
        Format::Human => list_table(cards),
        Format::Json => list_json(cards).map_err(Failure::machine)?,
    };
    write!(output.data, "{text}")?;
    Ok(Ending::AsExpected)
}
