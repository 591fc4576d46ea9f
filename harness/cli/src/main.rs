//! The `modfault` command: arguments in, text and an exit code out.
//!
//! This is the only room that prints, reads the process environment or decides about an exit code. Reading order:
//! [`arguments`] what can be asked for, [`command`] one file each; [`clock`] which clock worlds get; [`rounds`] how they run on one toolchain after the other,
//! [`pool`] how several scenarios run beside each other,
//! [`progress`] what is seen meanwhile; [`output`], [`failure`] and [`interrupt`] the edges. Which scenarios are meant, and
//! what running one means, is in the room `suite`.

mod arguments;
mod clock;
mod command;
mod context;
mod failure;
mod golang;
mod interrupt;
mod output;
mod partition;
mod pool;
mod progress;
mod rounds;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::context::Context;
use crate::failure::Ending;
use crate::interrupt::Interrupt;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // help and version are answers, everything else is a wrong command line; a closed pipe is neither
            error.print().ok();
            return ExitCode::from(if error.use_stderr() {
                Ending::Usage.code()
            } else {
                0
            });
        }
    };
    let mut output = Output::new(arguments.color.into());
    let interrupt = match Interrupt::install() {
        Ok(interrupt) => interrupt,
        Err(failure) => return output.fail(&failure).into(),
    };
    let result = Context::from_process(&arguments, interrupt.clone())
        .and_then(|context| command::execute(arguments, &context, &mut output));
    let ending = match result {
        Ok(ending) => ending,
        Err(failure) if interrupt.is_raised() => {
            drop(failure);
            Ending::Interrupted
        }
        Err(failure) => output.fail(&failure),
    };
    ExitCode::from(interrupt.ending(ending))
}
