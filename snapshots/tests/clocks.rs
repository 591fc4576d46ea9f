//! Both clocks show the same: what waits is run on each, and the canonical observations of all its phases are compared byte for
//! byte.
//!
//! A scenario waits where it states a least time or that it hangs. Of those, the ones that take three real seconds at most are
//! tests here. `MODFAULT_CLOCKS=all` (`just clocks`) takes every scenario that has a clock of its own: one that states no wait
//! is run on the virtual clock first, and on the real one too where it waited there after all.

mod bench;

use std::env;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use bench::{Bench, say};
use modfault_report::{ClockWord, Record};
use modfault_scenario::GoVersion;
use modfault_suite::clock::{refused, would_be_virtual};
use modfault_suite::{Available, Case, ClockWish, Error, Probes, Ran, Snapshots, cases, pace};
use modfault_toolchain::newest_pinned;

/// What takes longer in reality is left to those who ask for it.
const SHORT: Duration = Duration::from_secs(3);

/// What a step takes at least that waited for something.
const WAITED: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    bench::run((2 * cores).max(4), trials)
}

/// One test a scenario, those that wait longest first.
fn trials(bench: Arc<Bench>) -> Result<Vec<Trial>, Error> {
    let all = env::var("MODFAULT_CLOCKS").is_ok_and(|which| which == "all");
    let go = newest();
    let hindrance = machine_hindrance(&bench);
    let mut waiting: Vec<(Duration, Trial)> = Vec::new();
    for case in cases(&[], &bench.home)? {
        let wait = pace::wait(&case.scenario, go, Available::Real);
        let is_short = wait > Duration::ZERO && wait <= SHORT;
        if !would_be_virtual(&case.scenario, go) || !(all || is_short) {
            continue;
        }
        let needed = hindrance.clone().or_else(|| bench.hindrance(&case));
        let bench = Arc::clone(&bench);
        let trial = Trial::test(case.id().to_owned(), move || both(&bench, &case, wait));
        let trial = match needed {
            Some(needed) => trial.with_kind(needed).with_ignored_flag(true),
            None => trial,
        };
        waiting.push((wait, trial));
    }
    waiting.sort_by_key(|(wait, _)| std::cmp::Reverse(*wait));
    Ok(waiting.into_iter().map(|(_, trial)| trial).collect())
}

/// Why there is nothing to compare on this machine, where that is no failure.
fn machine_hindrance(bench: &Bench) -> Option<String> {
    if bench.is_strict() || !cfg!(target_os = "linux") {
        return None;
    }
    let refused = refused()?;
    say(&format!("note: {refused}\n"));
    Some("needs the virtual clock".to_owned())
}

/// Runs a scenario on the virtual clock and, where it waits, on the real one.
fn both(bench: &Bench, case: &Case, stated: Duration) -> Result<(), Failed> {
    let by_virtual = on(bench, case, ClockWish::Virtual, Available::Virtual)?;
    if by_virtual.record.clock != Some(ClockWord::Virtual) && no_phase_needs_the_real_one(case) {
        return Err("it did not run on the virtual clock".into());
    }
    if stated.is_zero() && !waited(&by_virtual.record) {
        return Ok(());
    }
    let by_real = on(bench, case, ClockWish::Real, Available::Real)?;
    if by_real.record.clock != Some(ClockWord::Real) {
        return Err("it did not run on the real clock".into());
    }
    if by_virtual.canonical == by_real.canonical {
        return Ok(());
    }
    Err(format!(
        "the clocks show different things\n--- virtual\n{}\n--- real\n{}",
        by_virtual.canonical, by_real.canonical
    )
    .into())
}

/// Runs a scenario whole on one clock.
fn on(bench: &Bench, case: &Case, wish: ClockWish, clock: Available) -> Result<Ran, Failed> {
    let machine = bench.machine(wish)?;
    let task = bench.task(
        case.clone(),
        newest_pinned(),
        &machine,
        clock,
        Snapshots::Ignore,
        // They are about the fault, and wait as long as they like.
        Probes::LeaveOut,
    )?;
    let ran = modfault_suite::run(&task, |world, phase| {
        machine.run_phase(world, phase, &task.toolchain)
    })
    .ok_or("interrupted")?;
    match &ran.record.could_not_run {
        Some(reason) => Err(format!("could not run: {reason}").into()),
        None => Ok(ran),
    }
}

/// The newest pinned Go, as scenarios compare it.
fn newest() -> GoVersion {
    let version = newest_pinned().to_string().parse();
    version.expect("a pinned version has a major and a minor number")
}

/// Whether every phase has a clock of its own.
fn no_phase_needs_the_real_one(case: &Case) -> bool {
    pace::worlds(&case.scenario, newest())
        .iter()
        .all(|(_, world)| Available::Virtual.of(&world.clock) == Available::Virtual)
}

/// Whether any step waited for something.
fn waited(record: &Record) -> bool {
    let mut phases = record.phases.iter();
    phases.any(|phase| {
        let mut steps = phase.observation.steps.iter();
        steps.any(|step| step.took >= WAITED)
    })
}
