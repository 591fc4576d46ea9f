//! `modfault preflight`

use crate::arguments::PreflightArguments;
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;

pub(super) fn preflight(
    _arguments: &PreflightArguments,
    _context: &Context,
    _output: &mut Output,
) -> Result<Ending, Failure> {
    Ok(Ending::AsExpected)
}
