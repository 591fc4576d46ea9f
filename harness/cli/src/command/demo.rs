//! `modfault` without a command: what it is for, and one scenario end to end.

use std::io::Write as _;
use std::ops::ControlFlow;

use super::show;
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::output::Output;
use modfault_outcome::reason::stopped_words;
use modfault_report::style::{ASIDE, BAD, GOOD, HEADING, NAME, painted};
use modfault_report::{PhaseRecord, Record};
use modfault_scenario::Phase;
use modfault_toolchain::{Wanted, find};

/// The scenario that is shown.
const EXAMPLE: &str = "tls/missing-intermediate";

/// Who uses it for what; each line a command with what it does.
const USES: [(&str, &[(&str, &str)]); 3] = [
    (
        "learn",
        &[
            ("list", "the documented failures, by layer"),
            (
                "show ID",
                "one of them told: the world, what go prints, what mends it",
            ),
        ],
    ),
    (
        "maintain",
        &[
            (
                "run [FILTER]...",
                "run and judge: --go 1.21, --jobs 4, --clock real, ...",
            ),
            ("new ID", "a first scenario file of your own"),
            ("toolchain list", "the Go versions that are kept"),
        ],
    ),
    (
        "begin",
        &[
            (
                "preflight",
                "what this machine can do, and what lifts each limit",
            ),
            ("--help", "every command and option"),
        ],
    ),
];

/// Says what modfault is for, and shows one scenario where that can be done at once.
pub(super) fn demo(context: &Context, output: &mut Output) -> Result<Ending, Failure> {
    writeln!(
        output.data,
        "modfault breaks Go module downloads on purpose, in a sealed world on this machine,\n\
         and shows what the real go command does about it.\n"
    )?;
    for (user, commands) in USES {
        writeln!(output.data, "{}", painted(HEADING, user))?;
        for (command, does) in commands {
            let padding = " ".repeat(18usize.saturating_sub(command.len()));
            writeln!(
                output.data,
                "  modfault {}{padding} {does}",
                painted(NAME, command)
            )?;
        }
    }
    writeln!(output.data)?;
    output.data.flush()?;

    // only a toolchain that is there: nobody asked for a download yet
    let here = find(&Wanted::Any, &context.environment, &mut |_| {
        ControlFlow::Break(())
    });
    let Ok(toolchain) = here else {
        writeln!(
            output.data,
            "With Go on the PATH, an example is shown here; `modfault run` fetches Go where there is none."
        )?;
        return Ok(Ending::AsExpected);
    };
    let case = modfault_suite::case(EXAMPLE, &context.ours()?)?;
    let ran = show::run(case, &Wanted::Path(toolchain.root), None, context, output)?;
    match &ran.record.could_not_run {
        Some(reason) => {
            writeln!(
                output.data,
                "An example cannot be shown here: {reason}\n`modfault preflight` says more."
            )?;
        }
        None => write!(output.data, "{}", told(&ran.record))?,
    }
    Ok(Ending::AsExpected)
}

/// A record in a few lines.
fn told(record: &Record) -> String {
    let go = record.go.as_deref().unwrap_or("go");
    let mut text = format!(
        "For example {}, with {go}, just now:\n  {}\n",
        painted(NAME, &record.scenario.id),
        record.scenario.description
    );
    for phase in &record.phases {
        text.push_str(&phase_told(phase));
    }
    text.push_str(&format!("\n  modfault show {}\n", record.scenario.id));
    text
}

fn phase_told(phase: &PhaseRecord) -> String {
    let Some(step) = phase
        .observation
        .steps
        .iter()
        .rev()
        .find(|step| step.exit.is_some())
    else {
        return String::new();
    };
    let works = step
        .exit
        .is_some_and(|exit| exit == modfault_outcome::Exit::Code(0));
    let (what, of) = match phase.phase {
        Phase::Control => ("it works", step.title.as_str()),
        Phase::Fault => ("it breaks", step.title.as_str()),
        Phase::Fix(_) => ("mended", phase.title.as_str()),
        Phase::Nonfix(_) => ("not mended", phase.title.as_str()),
        Phase::Trial => ("tried", ""),
    };
    let of = match phase.phase {
        Phase::Control | Phase::Fault => format!("$ {of}"),
        Phase::Fix(_) | Phase::Nonfix(_) | Phase::Trial => of.to_owned(),
    };
    let exit = step.exit.map(|exit| exit.to_string()).unwrap_or_default();
    let mut text = format!(
        "\n  {} {of}\n             {exit}",
        painted(if works { GOOD } else { BAD }, format!("{what:<10}")),
    );
    if phase.phase == Phase::Fault {
        if phase.stopped.is_some() {
            text.push_str(&format!(
                ", stopped {}",
                stopped_words(phase.stopped.as_ref())
            ));
        }
        for line in step.stderr.lines().filter(|line| !line.trim().is_empty()) {
            text.push_str(&format!("\n             {}", painted(ASIDE, line)));
        }
    }
    text.push('\n');
    text
}
