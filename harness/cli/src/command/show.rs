//! `modfault show`

use crate::arguments::ShowArguments;
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;

pub(super) fn show(
    _arguments: &ShowArguments,
    _context: &Context,
    _output: &mut Output,
) -> Result<Ending, Failure> {
    Ok(Ending::AsExpected)
}
