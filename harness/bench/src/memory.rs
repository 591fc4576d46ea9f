//! What a running world adds to modfault's own memory.

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use modfault_run::{Options, run_phase};
use modfault_scenario::Phase;

use crate::setting::{PROXY, Setting};

const WORLDS: usize = 16;

/// What the clients do meanwhile. A wait would be over at once on the worlds' own clock, so they work until they are ended.
const BUSY: &str = "while :; do :; done";

/// Far longer than the worlds need to come up on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    let world = setting.world(BUSY, PROXY)?;
    // Once, so that what is made only once (keys, caches, thread pools) does not count.
    run_phase(
        &setting.world("true", PROXY)?,
        Phase::Control,
        &setting.options,
    )?;
    let before = proportional_of_all()?;
    let cancel = CancellationToken::new();
    let options = Options {
        cancel: cancel.clone(),
        ..setting.options.clone()
    };
    let during = std::thread::scope(|scope| -> Result<f64, Box<dyn Error>> {
        let _ended = cancel.drop_guard();
        for _ in 0..WORLDS {
            std::thread::Builder::new().spawn_scoped(scope, || {
                // It ends because it is interrupted.
                run_phase(&world, Phase::Control, &options).map(drop)
            })?;
        }
        until_busy()?;
        proportional_of_all()
    })?;
    println!("memory of modfault and its inits (proportional set size, MiB)");
    println!(
        "  none running {before:.1}, {WORLDS} worlds running {during:.1}: {:.2} a world\n",
        (during - before) / WORLDS as f64
    );
    Ok(())
}

/// Waits until the command of every world runs.
fn until_busy() -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    loop {
        let busy = processes()?
            .into_iter()
            .filter(|process| {
                let line = fs::read_to_string(format!("/proc/{process}/cmdline"));
                line.is_ok_and(|line| line.ends_with(&format!("{BUSY}\0"))) && is_ours(*process)
            })
            .count();
        if busy == WORLDS {
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("only {busy} of {WORLDS} worlds came up").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The proportional set size of this process and of the inits of its worlds, in MiB; not of what runs below them.
fn proportional_of_all() -> Result<f64, Box<dyn Error>> {
    let own = std::process::id();
    let mut kilobytes = proportional(own)?;
    for process in processes()? {
        // A process may end while it is looked at.
        if parent(process) == Some(own) {
            kilobytes += proportional(process).unwrap_or_default();
        }
    }
    Ok(kilobytes / 1024.0)
}

fn processes() -> Result<Vec<u32>, Box<dyn Error>> {
    let names = fs::read_dir("/proc")?.map(|entry| entry.map(|entry| entry.file_name()));
    let names: Vec<_> = names.collect::<Result<_, _>>()?;
    Ok(names
        .iter()
        .filter_map(|name| name.to_str()?.parse().ok())
        .collect())
}

/// Whether a process descends from this one.
fn is_ours(process: u32) -> bool {
    let mut ancestors = std::iter::successors(Some(process), |process| parent(*process));
    ancestors.any(|ancestor| ancestor == std::process::id())
}

fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

fn proportional(process: u32) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = text
        .lines()
        .find(|line| line.starts_with("Pss:"))
        .ok_or("no Pss in smaps_rollup")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .ok_or("no number after Pss:")?
        .parse()?)
}
