//! `modfault run`

mod saved;
mod tally;

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
    let rounds = rounds(arguments, &cases, &machine, context, output)?;
    let jobs = arguments
        .jobs
        .unwrap_or_else(|| available_parallelism().unwrap_or(NonZeroUsize::MIN));

    let began = Instant::now();
    let all = || rounds.iter().flat_map(|round| &round.tasks);
    let names: Vec<String> = all().map(|named| named.name.clone()).collect();
    let stop = context.interrupt.token.child_token();
    let mut progress = RunProgress::new(names.len());
    let mut tally = Tally::new(all().map(NamedTask::key).collect());
    let mut failed = None;
    let mut first = 0;
    for round in rounds {
        let machine = machine.clone();
        let count = round.tasks.len();
        progress.on(&round.title);
        pool::work(
            round.tasks,
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
                Event::Started(index) => {
                    progress.started(first + index, names[first + index].clone());
                }
                Event::Tick => progress.tick(),
                Event::Finished(index, None) => progress.finished(first + index, false),
                Event::Finished(index, Some(ran)) => {
                    let index = first + index;
                    let ran = tally.steady(index, ran);
                    let name = &names[index];
                    let printed =
                        progress.above(|| report_one(name, &ran, arguments.format, output));
                    let kept = saved
                        .as_ref()
                        .map_or(Ok(()), |saved| saved.keep(name, &ran.record));
                    failed = failed.take().or(printed.err()).or(kept.err());
                    progress.finished(index, Tally::is_bad(&ran));
                    if tally.add(index, ran, arguments.fail_fast) || failed.is_some() {
                        stop.cancel();
                    }
                }
            },
        )
        .map_err(Failure::machine)?;
        first += count;
        if stop.is_cancelled() {
            break;
        }
    }
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

/// What runs before anything else begins: the scenarios on one toolchain.
struct Round {
    /// What is seen meanwhile.
    title: String,
    tasks: Vec<NamedTask>,
}

/// Every scenario on every toolchain, as often as is wanted. One toolchain comes after the other, the newest first: what is
/// recorded of one is what the next older one is held against.
fn rounds(
    arguments: &RunArguments,
    cases: &[Case],
    machine: &Machine,
    context: &Context,
    output: &mut Output,
) -> Result<Vec<Round>, Failure> {
    let mut wordings: Vec<(Arc<Collection>, Arc<modfault_outcome::Wording>)> = Vec::new();
    for case in cases {
        if !wordings.iter().any(|(home, _)| *home == case.home) {
            wordings.push((Arc::clone(&case.home), Arc::new(case.home.wording()?)));
        }
    }
    let toolchains = golang::toolchains(arguments.go.as_ref(), context, output)?;
    let clock = clock::settle(arguments.clock.name, machine, cases, &toolchains, output)?;
    let repeat = arguments.repeat.get();
    let mut rounds = Vec::new();
    for toolchain in &toolchains {
        let mut tasks = Vec::new();
        for repetition in 1..=repeat {
            for case in cases {
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
        rounds.push(Round {
            title: if toolchains.len() > 1 {
                toolchain.version.tag()
            } else {
                "Running".to_owned()
            },
            tasks,
        });
    }
    Ok(rounds)
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
