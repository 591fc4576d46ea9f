//! One command a file.

mod claims;
mod conform;
mod coverage;
mod demo;
mod diff;
mod list;
mod new;
mod preflight;
mod print;
mod run;
mod show;
mod toolchain;

use crate::arguments::{Arguments, Command};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;

/// Does what was asked for.
///
/// # Errors
/// It could not be done; what was done and did not turn out as expected is an [`Ending`].
pub(crate) fn execute(
    arguments: Arguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    match arguments.command {
        None => demo::demo(context, output),
        Some(Command::Show(arguments)) => show::show(&arguments, context, output),
        Some(Command::Run(arguments)) => run::run(&arguments, context, output),
        Some(Command::Diff(arguments)) => diff::diff(&arguments, context, output),
        Some(Command::List(arguments)) => list::list(&arguments, context, output),
        Some(Command::Claims(arguments)) => claims::claims(&arguments, context, output),
        Some(Command::Conform(arguments)) => conform::conform(&arguments, context, output),
        Some(Command::Coverage(arguments)) => coverage::coverage(&arguments, context, output),
        Some(Command::New(arguments)) => new::new(&arguments, context, output),
        Some(Command::Preflight(arguments)) => preflight::preflight(&arguments, context, output),
        Some(Command::Toolchain(command)) => toolchain::toolchain(&command, context, output),
        Some(Command::Schema) => print::schema(output),
        Some(Command::Completions { shell }) => print::completions(shell, output),
        Some(Command::Man) => print::man(output),
    }
}
