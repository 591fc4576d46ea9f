//! Measures what BENCHMARKS.md states; each figure is a ratio or a median of one run.
//!
//! `just bench` builds in release mode and runs this. [`worlds`] makes worlds and takes them down, [`components`] those with a real program in them, [`memory`] keeps some up,
//! [`phases`] holds a phase against the same command without a world, [`clocks`] one clock against the other where nobody waits,
//! [`set`] adds up what all scenarios cost: [`processor`] watches the process, [`report`] reads what it says, and [`speed`] is how
//! fast time passes in those that wait.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod clocks;
mod components;
mod memory;
mod phases;
mod processor;
mod report;
mod set;
mod setting;
mod speed;
mod statistics;
mod worlds;

use std::error::Error;

use crate::setting::Setting;

fn main() -> Result<(), Box<dyn Error>> {
    let setting = Setting::find()?;
    println!(
        "go {}, {} processors\n",
        setting.go,
        std::thread::available_parallelism()?
    );
    worlds::measure(&setting)?;
    components::measure(&setting)?;
    memory::measure(&setting)?;
    phases::measure(&setting)?;
    clocks::measure(&setting)?;
    set::measure(&setting)?;
    Ok(())
}
