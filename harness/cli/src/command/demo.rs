//! `modfault`, without a command

use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;

pub(super) fn demo(_context: &Context, _output: &mut Output) -> Result<Ending, Failure> {
    Ok(Ending::AsExpected)
}
