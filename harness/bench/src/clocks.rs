//! What the virtual clock costs where nobody waits.

use std::error::Error;
use std::time::Instant;

use modfault_outcome::{Exit, Observation, ObservedClock};
use modfault_run::{ClockWish, run_phase};
use modfault_scenario::Phase;
use modfault_world::World;

use crate::report::waits;
use crate::setting::{PROXY, Setting};
use crate::statistics::{milliseconds, quantile, ratio_of_medians};

const ROUNDS: usize = 30;

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    println!(
        "a phase on the virtual clock against the real one (medians of {ROUNDS} pairs in turn)"
    );
    println!(
        "                          wall of the phase (ms)      its steps alone (ms)    processor time of the commands (ms)"
    );
    println!(
        "  what                    virtual    real  ratio    virtual    real  ratio    virtual    real  ratio"
    );
    let proxy = setting.world("go mod download example.com/greet@v1.0.0", PROXY)?;
    pairs("from a proxy", setting, &proxy)?;
    let git = setting.world(
        "go mod download git.corp.example/team/secret.git@v1.0.0",
        "direct",
    )?;
    pairs("from git", setting, &git)?;
    for id in ["cache/repeat-download", "git/tag-moved"] {
        let world = setting.control(&setting.scenario(id)?)?;
        pairs(id, setting, &world)?;
    }
    println!();
    Ok(())
}

/// Runs the phase on both clocks in turn.
fn pairs(what: &str, setting: &Setting, world: &World) -> Result<(), Box<dyn Error>> {
    let clocks = [ClockWish::Virtual, ClockWish::Real];
    // Of each clock: the phase, its steps, its commands' processor time.
    let mut costs: [[Vec<f64>; 3]; 2] = Default::default();
    for round in 0..=ROUNDS {
        // Who goes first changes, so that neither always meets what the other has left behind.
        for turn in [round % 2, (round + 1) % 2] {
            let options = setting.on(clocks[turn]);
            let began = Instant::now();
            let seen = run_phase(world, Phase::Control, &options)?;
            let wall = milliseconds(began.elapsed());
            check(what, &seen)?;
            if round > 0 {
                let cost = [
                    wall,
                    milliseconds(seen.cost.steps),
                    milliseconds(seen.cost.command_cpu),
                ];
                for (all, one) in costs[turn].iter_mut().zip(cost) {
                    all.push(one);
                }
            }
        }
    }
    let [by_virtual, by_real] = &costs;
    print!("  {what:<22}");
    for (one, other) in by_virtual.iter().zip(by_real) {
        print!(
            " {:>8.1} {:>7.1} {:>6.2}   ",
            quantile(one, 0.5),
            quantile(other, 0.5),
            ratio_of_medians(one, other)
        );
    }
    println!();
    Ok(())
}

/// That every command did what it should, and waited for nothing; on the real clock a busy machine looks like a wait.
fn check(what: &str, seen: &Observation) -> Result<(), Box<dyn Error>> {
    let failed = seen
        .steps
        .iter()
        .find(|step| !matches!(step.exit, None | Some(Exit::Code(0))));
    let is_virtual = matches!(seen.clock, ObservedClock::Virtual { .. });
    match failed {
        Some(step) => Err(format!("{what}: `{}` failed: {}", step.title, step.stderr).into()),
        None if is_virtual && waits(seen) => Err(format!("{what}: it waits").into()),
        None => Ok(()),
    }
}
