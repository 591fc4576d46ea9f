//! The whole set of scenarios on the virtual clock: its processor time against that of the commands in it, what the waiting
//! ones add to its wall time, and how fast time passes in them.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::processor::{Spent, watch};
use crate::report::{Ran, commands, read};
use crate::setting::Setting;
use crate::speed::{Speed, Speeds, speeds};

/// How often the waiting scenarios are run for their speed.
const ROUNDS: &str = "3";

pub(crate) fn measure(setting: &Setting) -> Result<(), Box<dyn Error>> {
    let (whole, cost) = run("virtual", &["--jobs", "2"], &[])?;
    let (waiting, others): (Vec<Ran>, Vec<Ran>) = whole.iter().cloned().partition(Ran::waits);
    let (quick, cost_without) = run("virtual", &["--jobs", "2"], &ids(&others))?;
    let (untraced, real) = run("real", &["--jobs", "2"], &ids(&others))?;
    let (again, _) = run(
        "virtual",
        &["--jobs", "1", "--repeat", ROUNDS],
        &ids(&waiting),
    )?;
    processor_time("all, virtual clock", &whole, cost);
    processor_time(
        "without those that wait, virtual clock",
        &quick,
        cost_without,
    );
    processor_time("without those that wait, real clock", &untraced, real);
    let strict = cost_without.all().as_secs_f64() / commands(&untraced).as_secs_f64();
    println!("  the second against the commands of the third: {strict:.2}");
    wall_time(cost, cost_without, real, &waiting, &others);
    passing_time(setting, &again)
}

/// Runs scenarios by their ids, all for none, on a clock.
fn run(clock: &str, options: &[&str], ids: &[&str]) -> Result<(Vec<Ran>, Spent), Box<dyn Error>> {
    let (printed, spent) = watch(
        Command::new(beside_us("modfault")?)
            .args(["run", "--format", "json", "--clock", clock, "--go"])
            .arg(modfault_toolchain::newest_pinned().to_string())
            .args(options)
            .args(ids)
            .stderr(Stdio::null()),
    )?;
    Ok((read(&printed)?, spent))
}

fn ids(rans: &[Ran]) -> Vec<&str> {
    rans.iter().map(|ran| ran.id.as_str()).collect()
}

fn processor_time(what: &str, rans: &[Ran], spent: Spent) {
    let seconds = |duration: Duration| duration.as_secs_f64();
    let commands = commands(rans);
    let phases: usize = rans.iter().map(|ran| ran.phases.len()).sum();
    println!(
        "processor time, {} scenarios, {phases} phases: {what}",
        rans.len()
    );
    println!(
        "  all {:.1} s, commands on the clients {:.1} s: ratio {:.2} (modfault's own threads {:.1} s, inits and git's backends {:.1} s)",
        seconds(spent.all()),
        seconds(commands),
        seconds(spent.all()) / seconds(commands),
        seconds(spent.own),
        seconds(spent.descendants.saturating_sub(commands)),
    );
}

fn wall_time(all: Spent, without: Spent, real: Spent, waiting: &[Ran], others: &[Ran]) {
    let sum = |rans: &[Ran]| rans.iter().map(|ran| ran.took.as_secs_f64()).sum::<f64>();
    println!("wall time of the set with two jobs");
    println!(
        "  all {:.1} s, without the {} that wait {:.1} s: they add {:.0} % (by the scenarios' own times in the first run {:.0} %)",
        all.wall.as_secs_f64(),
        waiting.len(),
        without.wall.as_secs_f64(),
        (all.wall.as_secs_f64() / without.wall.as_secs_f64() - 1.0) * 100.0,
        sum(waiting) / sum(others) * 100.0,
    );
    println!(
        "  without those that wait on the real clock {:.1} s: virtual against real {:.2}\n",
        real.wall.as_secs_f64(),
        without.wall.as_secs_f64() / real.wall.as_secs_f64(),
    );
}

fn passing_time(setting: &Setting, rans: &[Ran]) -> Result<(), Box<dyn Error>> {
    let mut patience = BTreeMap::new();
    for ran in rans {
        patience.insert(ran.id.clone(), setting.scenario(&ran.id)?.timeout);
    }
    println!("simulated seconds per real second, one job, {ROUNDS} rounds");
    println!(
        "  waits that end           in the phases that wait           in their scenarios whole"
    );
    let mut all = Speeds::default();
    for (ending, of) in speeds(rans, &patience) {
        line(ending.words(), of);
        all = all.plus(of);
    }
    line("all", all);
    for id in ids(rans).into_iter().collect::<BTreeSet<_>>() {
        let its = rans.iter().filter(|ran| ran.id == id);
        for (_, of) in speeds(its, &patience) {
            line(id, of);
        }
    }
    for (id, reason) in rans
        .iter()
        .filter_map(|ran| Some((ran.id.as_str(), ran.real_clock()?)))
        .collect::<BTreeMap<_, _>>()
    {
        println!("  left out, on the real clock: {id} ({reason})");
    }
    println!();
    Ok(())
}

fn line(what: &str, of: Speeds) {
    let [waiting, whole] = [of.waiting, of.whole].map(|speed: Speed| {
        format!(
            "{:>6.1} s in {:>6.2} s: {:>6.1}",
            speed.simulated.as_secs_f64(),
            speed.real.as_secs_f64(),
            speed.ratio()
        )
    });
    println!("  {what:<24} {waiting}    {whole}");
}

fn beside_us(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("build `{name}` in the same profile first: `just bench` does").into())
    }
}
