//! `modfault run`

pub(super) mod saved;
pub(super) mod tally;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Instant;

use crate::arguments::{Format, RunArguments};
use crate::clock;
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::golang;
use crate::output::Output;
use crate::rounds::{Common, Rounds, Taken};
use modfault_outcome::Reason;
use modfault_report::{Record, Report, finished_line, problem};
use modfault_suite::{Probes, Ran, Snapshots, cases};
use saved::Saved;
use tally::Tally;

/// The snapshots of these scenarios cannot be recorded.
#[derive(Debug, thiserror::Error)]
#[error("the snapshots of `{0}` are compiled into this program and cannot be recorded")]
struct CannotBless(String);

/// Runs scenarios and judges them.
pub(super) fn run(
    arguments: &RunArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let cases = cases(&arguments.selection.filters, &context.ours()?)
        .or_else(|error| output.bad_files(error.into(), arguments.format))?;
    let cases = match arguments.partition {
        Some(partition) => partition.of(cases),
        None => cases,
    };
    if let Some(case) = cases
        .iter()
        .find(|case| arguments.bless && !case.home.can_bless())
    {
        return Err(Failure::usage(CannotBless(case.id().to_owned()))
            .help("run it in a checkout of modfault, or name one with `--scenarios`"));
    }
    let saved = arguments.save.as_deref().map(Saved::new).transpose()?;
    let machine = context.machine(arguments.clock.name)?;
    let toolchains = golang::toolchains(arguments.go.as_ref(), context, output)?;
    let common = Common {
        snapshots: if arguments.bless {
            Snapshots::Bless
        } else {
            Snapshots::Compare
        },
        clock: clock::settle(arguments.clock.name, &machine, &cases, &toolchains, output)?,
        repeat: arguments.repeat.get(),
        probes: if arguments.no_probes {
            Probes::LeaveOut
        } else {
            Probes::Run
        },
    };
    let rounds = Rounds::new(&cases, &toolchains, &machine, &common)?;

    let began = Instant::now();
    let names = rounds.names();
    let stop = context.interrupt.token.child_token();
    let mut tally = Tally::new(rounds.keys());
    let mut failed = None;
    rounds.work(
        &machine,
        jobs(arguments.jobs),
        &stop,
        |index, ran, progress| {
            let ran = tally.steady(index, ran);
            let name = &names[index];
            let printed = progress.above(|| report_one(name, &ran, arguments.format, output));
            let kept = saved
                .as_ref()
                .map_or(Ok(()), |saved| saved.keep(name, &ran.record));
            failed = failed.take().or(printed.err()).or(kept.err());
            Taken {
                is_bad: Tally::is_bad(&ran),
                stops: tally.add(index, ran, arguments.fail_fast) || failed.is_some(),
            }
        },
    )?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    finish(arguments, tally, saved.as_ref(), began, context, output)
}

/// How many worlds at once: as many as there are cores, unless told otherwise.
pub(super) fn jobs(wanted: Option<NonZeroUsize>) -> NonZeroUsize {
    wanted.unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN))
}

/// One line as it finishes: data where people read, a note where a machine does.
fn report_one(name: &str, ran: &Ran, format: Format, output: &mut Output) -> Result<(), Failure> {
    let id = &ran.record.scenario.id;
    let mut line = finished_line(&ran.record);
    if let Some(rest) = name
        .strip_prefix(id.as_str())
        .filter(|rest| !rest.is_empty())
    {
        line.truncate(line.trim_end().len());
        line.push_str(&format!(" ({})\n", rest.trim()));
    }
    match format {
        Format::Human => write!(output.data, "{line}")?,
        Format::Json => write!(output.notes, "{line}")?,
    }
    if let Some(path) = &ran.blessed {
        writeln!(output.notes, "{:>12} {}", "recorded", path.display())?;
    }
    Ok(())
}

/// What is told when all is done, or when it was ended.
fn finish(
    arguments: &RunArguments,
    tally: Tally,
    saved: Option<&Saved>,
    began: Instant,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let ending = tally.ending(context.ci);
    let not_run = tally.not_run();
    let (records, hindrance) = tally.into_parts();
    let report = Report::new(records);
    if let Some(saved) = saved {
        saved.finish(&report)?;
    }
    match arguments.format {
        Format::Human => {
            for text in problems(&report.scenarios, !report.versions.is_empty()) {
                write!(output.data, "{text}")?;
            }
            write!(output.data, "{}", summary(&report, began))?;
        }
        Format::Json => {
            let text = report.to_json().map_err(Failure::machine)?;
            write!(output.data, "{text}")?;
            write!(output.notes, "{}", summary(&report, began))?;
        }
    }
    output.data.flush()?;
    if report.scenarios.iter().any(lacks_snapshot) {
        writeln!(
            output.notes,
            "`--bless` records what is seen as the snapshot"
        )?;
    }
    let lacking = report.summary.could_not_run + report.summary.probes_not_run;
    if lacking > 0 && hindrance.is_none() {
        writeln!(
            output.notes,
            "`modfault preflight` says what this machine lacks, and what brings it"
        )?;
    }
    if context.interrupt.is_raised() {
        writeln!(output.notes, "interrupted: {not_run} not run")?;
        return Ok(Ending::Interrupted);
    }
    if not_run > 0 {
        writeln!(output.notes, "stopped early: {not_run} not run")?;
    }
    match hindrance {
        // the error is the story where the machine stands in the way of all
        Some(failure) if ending == Ending::Machine => Err(failure),
        _ => Ok(ending),
    }
}

/// The last lines: what came of each version of Go where there are several, and of all.
fn summary(report: &Report, began: Instant) -> String {
    let mut lines: String = report
        .versions
        .iter()
        .map(|version| version.summary.line_of_version(&version.go))
        .collect();
    lines.push_str(&report.summary.line(began.elapsed()));
    lines
}

/// What is wrong with each scenario; the same thing of the same scenario is told once, however often it was run, with the
/// versions of Go where `several` were.
fn problems(records: &[Record], several: bool) -> Vec<String> {
    let mut told: Vec<Problem<'_>> = Vec::new();
    for record in records {
        let text = problem(record);
        let Some((line, body)) = text.split_once('\n') else {
            continue;
        };
        let id = &record.scenario.id;
        match told
            .iter_mut()
            .find(|known| known.id == id && known.body == body)
        {
            Some(known) => known.versions.extend(&record.go),
            None => told.push(Problem {
                id,
                line: line.to_owned(),
                body: body.to_owned(),
                versions: record.go.iter().collect(),
            }),
        }
    }
    told.into_iter()
        .map(|mut problem| {
            problem.versions.dedup();
            let versions: Vec<&str> = problem.versions.into_iter().map(String::as_str).collect();
            let of = if several {
                format!(" ({})", versions.join(", "))
            } else {
                String::new()
            };
            format!("{}{of}\n{}", problem.line, problem.body)
        })
        .collect()
}

/// Something that is wrong, and on which versions of Go.
struct Problem<'a> {
    id: &'a str,
    line: String,
    body: String,
    versions: Vec<&'a String>,
}

fn lacks_snapshot(record: &Record) -> bool {
    record
        .reasons
        .iter()
        .any(|reason| reason.rule == Reason::NoSnapshot.rule())
}
