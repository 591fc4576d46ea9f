//! `modfault show`

use std::io::Write as _;
use std::sync::Arc;

use crate::arguments::{ClockName, Format, ShowArguments};
use crate::clock;
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::golang;
use crate::output::Output;
use modfault_report::{Detail, Record, VerdictWord, show as told};
use modfault_suite::{Case, Probes, Ran, Snapshots, Task};
use modfault_toolchain::Wanted;

/// Runs one scenario and tells it to a reader.
pub(super) fn show(
    arguments: &ShowArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let case = modfault_suite::case(&arguments.scenario, &context.ours()?)
        .or_else(|error| output.bad_files(error.into(), Format::Human))?;
    let wanted = arguments.go.clone().unwrap_or_default();
    let detail = if arguments.verbose {
        Detail::Verbose
    } else {
        Detail::Usual
    };
    match run(case.clone(), &wanted, arguments.clock.name, context, output) {
        Ok(ran) => {
            write!(output.data, "{}", told(&ran.record, detail))?;
            match ran.hindrance {
                Some(hindrance) => Err(hindrance.into()),
                None => Ok(match ran.record.verdict {
                    VerdictWord::AsExpected => Ending::AsExpected,
                    VerdictWord::NotAsExpected => Ending::NotAsExpected,
                    VerdictWord::OtherGo => Ending::AsExpected,
                    VerdictWord::CouldNotRun => Ending::Machine,
                }),
            }
        }
        // what is known without running it is still worth reading
        Err(failure) if failure.ending == Ending::Machine => {
            let record = Record::could_not_run(case.card, failure.chain());
            write!(output.data, "{}", told(&record, detail))?;
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}

/// Runs one scenario, by itself.
pub(super) fn run(
    case: Case,
    wanted: &Wanted,
    clock: Option<ClockName>,
    context: &Context,
    output: &mut Output,
) -> Result<Ran, Failure> {
    let toolchain = golang::one(wanted, context, output)?;
    let machine = context.machine(clock)?;
    let clock = clock::settle(
        clock,
        &machine,
        [&case],
        std::slice::from_ref(&toolchain),
        output,
    )?;
    let task = Task {
        wording: Arc::new(case.home.wording()?),
        lacking: machine.lacks(&case.scenario),
        snapshots: Snapshots::Ignore,
        clock,
        probes: Probes::Run,
        case,
        toolchain: toolchain.clone(),
    };
    modfault_suite::run(&task, |world, phase| {
        machine.run_phase(world, phase, &toolchain)
    })
    .ok_or_else(Failure::interrupted)
}
