//! `modfault run`

mod saved;
mod tally;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use crate::arguments::{Format, RunArguments};
use crate::clock;
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::golang;
use crate::output::Output;
use crate::pool::{self, Event};
use crate::progress::RunProgress;
use modfault_outcome::Reason;
use modfault_report::{Record, Report, finished_line, problem};
use modfault_suite::pace::Pace;
use modfault_suite::{Case, Collection, Machine, Ran, Snapshots, Task, cases};
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
    let tasks = tasks(arguments, cases, &machine, context, output)?;
    let jobs = arguments
        .jobs
        .unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN));

    let began = Instant::now();
    let names: Vec<String> = tasks.iter().map(|named| named.name.clone()).collect();
    let stop = context.interrupt.token.child_token();
    let mut progress = RunProgress::new(names.len());
    let mut tally = Tally::new(tasks.iter().map(NamedTask::key).collect());
    let mut failed = None;
    pool::work(
        tasks,
        jobs,
        |named: &NamedTask| Pace::of(named.task.wait()),
        &stop,
        move |_, named: &NamedTask| {
            let toolchain = &named.task.toolchain;
            modfault_suite::run(&named.task, |world, phase| {
                machine.run_phase(world, phase, toolchain)
            })
        },
        |event| match event {
            Event::Started(index) => progress.started(index, names[index].clone()),
            Event::Tick => progress.tick(),
            Event::Finished(index, None) => progress.finished(index, false),
            Event::Finished(index, Some(ran)) => {
                let ran = tally.steady(index, ran);
                let printed =
                    progress.above(|| report_one(&names[index], &ran, arguments.format, output));
                let kept = saved
                    .as_ref()
                    .map_or(Ok(()), |saved| saved.keep(&names[index], &ran.record));
                failed = failed.take().or(printed.err()).or(kept.err());
                progress.finished(index, Tally::is_bad(&ran));
                if tally.add(index, ran, arguments.fail_fast) || failed.is_some() {
                    stop.cancel();
                }
            }
        },
    )
    .map_err(Failure::machine)?;
    progress.finish();
    if let Some(failure) = failed {
        return Err(failure);
    }
    finish(arguments, tally, saved.as_ref(), began, context, output)
}

/// A task with its name in the output: the id, and what tells it from others of that id.
struct NamedTask {
    name: String,
    task: Task,
}

impl NamedTask {
    /// What is the same for each repetition, and for nothing else.
    fn key(&self) -> String {
        let Task {
            case, toolchain, ..
        } = &self.task;
        format!("{} {:?} {}", case.id(), case.home, toolchain.root.display())
    }
}

/// Every scenario on every toolchain, as often as is wanted.
fn tasks(
    arguments: &RunArguments,
    cases: Vec<Case>,
    machine: &Machine,
    context: &Context,
    output: &mut Output,
) -> Result<Vec<NamedTask>, Failure> {
    let mut wordings: Vec<(Arc<Collection>, Arc<modfault_outcome::Wording>)> = Vec::new();
    for case in &cases {
        if !wordings.iter().any(|(home, _)| *home == case.home) {
            wordings.push((Arc::clone(&case.home), Arc::new(case.home.wording()?)));
        }
    }
    let toolchains = golang::toolchains(arguments.go.as_ref(), context, output)?;
    let clock = clock::settle(arguments.clock.name, machine, &cases, &toolchains, output)?;
    let repeat = arguments.repeat.get();
    let mut tasks = Vec::new();
    for repetition in 1..=repeat {
        for toolchain in &toolchains {
            for case in &cases {
                let wording = wordings
                    .iter()
                    .find(|(home, _)| *home == case.home)
                    .map(|(_, wording)| Arc::clone(wording))
                    .expect("every home's wording was read");
                let mut name = case.id().to_owned();
                if toolchains.len() > 1 {
                    name.push_str(&format!(" {}", toolchain.version.tag()));
                }
                if repeat > 1 {
                    name.push_str(&format!(" {repetition}/{repeat}"));
                }
                tasks.push(NamedTask {
                    name,
                    task: Task {
                        case: case.clone(),
                        wording,
                        toolchain: toolchain.clone(),
                        snapshots: if arguments.bless {
                            Snapshots::Bless
                        } else {
                            Snapshots::Compare
                        },
                        lacking: machine.lacks(&case.scenario),
                        clock,
                    },
                });
            }
        }
    }
    Ok(tasks)
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
            for text in problems(&report.scenarios) {
                write!(output.data, "{text}")?;
            }
            write!(output.data, "{}", report.summary.line(began.elapsed()))?;
        }
        Format::Json => {
            let text = report.to_json().map_err(Failure::machine)?;
            write!(output.data, "{text}")?;
            write!(output.notes, "{}", report.summary.line(began.elapsed()))?;
        }
    }
    output.data.flush()?;
    if report.scenarios.iter().any(lacks_snapshot) {
        writeln!(
            output.notes,
            "`--bless` records what is seen as the snapshot"
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

/// What is wrong with each scenario; the same thing of the same scenario is told once, however often it was run.
fn problems(records: &[Record]) -> Vec<String> {
    let mut told = BTreeSet::new();
    records
        .iter()
        .filter_map(|record| {
            let text = problem(record);
            let (_, body) = text.split_once('\n')?;
            told.insert((record.scenario.id.clone(), body.to_owned()))
                .then_some(text)
        })
        .collect()
}

fn lacks_snapshot(record: &Record) -> bool {
    record
        .reasons
        .iter()
        .any(|reason| reason.rule == Reason::NoSnapshot.rule())
}
