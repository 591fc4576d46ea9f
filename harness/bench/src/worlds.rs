//! How long a world takes to make and to take down, alone and with others.

use std::error::Error;
use std::time::Instant;

use modfault_run::run_phase;
use modfault_scenario::Phase;

use crate::setting::{PROXY, Setting};
use crate::statistics::{milliseconds, quantile};

const ROUNDS: usize = 60;

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    let world = setting.world("true", PROXY)?;
    println!("world up and down (ms), {ROUNDS} rounds each");
    println!("  jobs   up p50   up p95   down p50   both p50   worlds/s");
    for jobs in [1, 2, 4, 8] {
        let began = Instant::now();
        let costs = std::thread::scope(|scope| -> Result<Vec<_>, Box<dyn Error + Send + Sync>> {
            let mut threads = Vec::new();
            for _ in 0..jobs {
                threads.push(std::thread::Builder::new().spawn_scoped(scope, || {
                    (0..ROUNDS)
                        .map(|_| {
                            run_phase(&world, Phase::Control, &setting.options)
                                .map(|seen| seen.cost)
                        })
                        .collect::<Result<Vec<_>, _>>()
                })?);
            }
            let mut costs = Vec::new();
            for thread in threads {
                costs.extend(thread.join().map_err(|_| "a thread panicked")??);
            }
            Ok(costs)
        })
        .map_err(|error| error.to_string())?;
        let elapsed = began.elapsed().as_secs_f64();
        let up: Vec<f64> = costs.iter().map(|cost| milliseconds(cost.up)).collect();
        let down: Vec<f64> = costs.iter().map(|cost| milliseconds(cost.down)).collect();
        let both: Vec<f64> = costs
            .iter()
            .map(|cost| milliseconds(cost.up + cost.down))
            .collect();
        println!(
            "  {jobs:>4} {:>8.2} {:>8.2} {:>10.2} {:>10.2} {:>10.0}",
            quantile(&up, 0.5),
            quantile(&up, 0.95),
            quantile(&down, 0.5),
            quantile(&both, 0.5),
            costs.len() as f64 / elapsed,
        );
    }
    println!();
    Ok(())
}
