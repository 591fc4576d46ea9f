//! Measures what BENCHMARKS.md states; each figure is a ratio or a median of one run.
//!
//! `just bench` builds in release mode and runs this. [`worlds`] makes worlds and takes them down, [`memory`] keeps some up,
//! [`phases`] holds a phase against the same command without a world, [`set`] adds up the processor time of all scenarios.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod memory;
mod phases;
mod set;
mod setting;
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
    memory::measure(&setting)?;
    phases::measure(&setting)?;
    set::measure()?;
    Ok(())
}
