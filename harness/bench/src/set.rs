//! The processor time of the whole set of scenarios against that of the commands in it.

use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use humantime_serde::re::humantime::parse_duration;
use serde_json::Value;

pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    let modfault = beside_us("modfault")?;
    let before = children()?;
    let output = Command::new(&modfault)
        .args(["run", "--format", "json", "--go"])
        .arg(modfault_toolchain::newest_pinned().to_string())
        .stderr(Stdio::inherit())
        .output()?;
    let all = children()? - before;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let mut commands = Duration::ZERO;
    let mut phases = 0;
    add_up(&report, &mut commands, &mut phases);
    println!("processor time of the whole set, {phases} phases");
    println!(
        "  all {all:.2} s, go and git commands in it {:.2} s: ratio {:.2}\n",
        commands.as_secs_f64(),
        all / commands.as_secs_f64()
    );
    Ok(())
}

/// Every `command_cpu` in the report.
fn add_up(value: &Value, commands: &mut Duration, phases: &mut usize) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member.as_str().map(parse_duration)) {
                    ("command_cpu", Some(Ok(spent))) => {
                        *commands += spent;
                        *phases += 1;
                    }
                    _ => add_up(member, commands, phases),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_up(item, commands, phases)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Seconds of processor time of the children that have ended, and of theirs (proc_pid_stat(5): `cutime`, `cstime`).
fn children() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: Vec<f64> = after_name
        .split(' ')
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    // Linux counts in hundredths of a second on every platform that modfault runs on (USER_HZ).
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

fn beside_us(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("build `{name}` in the same profile first: `just bench` does").into())
    }
}
