//! What people would try to find the fault: what each command shows on the broken client, and what that tells.

use super::ran::printed;
use crate::card::ProbeCard;
use crate::record::Record;
use crate::style::{HEADING, WARN, painted};
use crate::wrap::wrapped;
use modfault_scenario::{Insight, Moment};

/// More lines than this of a probe's output are left out in the middle.
const LINES: usize = 12;

/// Each probe with what was seen of it: first those that tell something, then those that look healthy.
pub(super) fn told(record: &Record) -> String {
    let (telling, blind): (Vec<_>, Vec<_>) = record
        .scenario
        .probes
        .iter()
        .partition(|probe| probe.insight == Insight::Tells);
    let mut out = String::new();
    for probe in telling {
        probed(&mut out, probe, record);
    }
    if !blind.is_empty() {
        out.push_str("\n  These look healthy all the same:\n");
    }
    for probe in blind {
        probed(&mut out, probe, record);
    }
    out.trim_start_matches('\n').to_owned()
}

fn probed(out: &mut String, probe: &ProbeCard, record: &Record) {
    let command = wrapped(&probe.run, "  $ ", "      ");
    out.push_str(&format!("\n{}\n", painted(HEADING, command.trim_end())));
    match record.probe(&probe.run) {
        Some(seen) => match (&seen.not_run, seen.exit) {
            (Some(why), _) => {
                out.push_str(&painted(WARN, format!("  not run here: {why}")));
                out.push('\n');
            }
            (None, exit) => {
                printed(out, &seen.stdout, LINES);
                printed(out, &seen.stderr, LINES);
                if let Some(exit) = exit {
                    out.push_str(&format!("  {exit}\n"));
                }
            }
        },
        None => out.push_str("  (not run)\n"),
    }
    let beside = match probe.moment {
        Moment::After => "",
        Moment::During => "While the command runs once more: ",
    };
    out.push_str(&wrapped(
        &format!("{beside}{}", probe.reveals),
        "    -> ",
        "       ",
    ));
}
