//! What a running world adds to modfault's own memory.

use std::error::Error;
use std::fs;
use std::time::Duration;

use modfault_run::run_phase;
use modfault_scenario::Phase;

use crate::setting::{PROXY, Setting};

const WORLDS: usize = 16;

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    let world = setting.world("sleep 3", PROXY)?;
    // Once, so that what is made only once (keys, caches, thread pools) does not count.
    run_phase(
        &setting.world("true", PROXY)?,
        Phase::Control,
        &setting.options,
    )?;
    let before = proportional_of_all()?;
    let during = std::thread::scope(|scope| -> Result<f64, Box<dyn Error>> {
        for _ in 0..WORLDS {
            std::thread::Builder::new().spawn_scoped(scope, || {
                run_phase(&world, Phase::Control, &setting.options).map(drop)
            })?;
        }
        // All are up long before their commands end; nothing here decides about a verdict.
        std::thread::sleep(Duration::from_millis(1500));
        proportional_of_all()
    })?;
    println!("memory of modfault and its inits (proportional set size, MiB)");
    println!(
        "  none running {before:.1}, {WORLDS} worlds running {during:.1}: {:.2} a world\n",
        (during - before) / WORLDS as f64
    );
    Ok(())
}

/// The proportional set size of this process and of the inits of its worlds, in MiB; not of what runs below them.
fn proportional_of_all() -> Result<f64, Box<dyn Error>> {
    let own = std::process::id();
    let mut kilobytes = proportional(own)?;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let Ok(process) = name.parse::<u32>() else {
            continue;
        };
        // A process may end while it is looked at.
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else {
            continue;
        };
        let parent = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.split(' ').nth(1))
            .unwrap_or_default();
        if parent == own.to_string() {
            kilobytes += proportional(process).unwrap_or_default();
        }
    }
    Ok(kilobytes / 1024.0)
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
