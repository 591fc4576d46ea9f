//! Which `go` is run.

use std::io::Write as _;

use crate::arguments::GoChoice;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::FetchProgress;
use modfault_toolchain::{Environment, Progress, Source, Toolchain, Wanted, find, suite};

/// The toolchains that are chosen, newest first; one that is fetched is told with where it is kept.
///
/// # Errors
/// One of them is not to be had.
pub(crate) fn toolchains(
    choice: Option<&GoChoice>,
    context: &Context,
    output: &mut Output,
) -> Result<Vec<Toolchain>, Failure> {
    match choice {
        None => Ok(vec![one(&Wanted::Any, context, output)?]),
        Some(GoChoice::Each(wanted)) => each(wanted, context, output),
        Some(GoChoice::All) => {
            let wanted: Vec<Wanted> = suite().iter().cloned().map(Wanted::Version).collect();
            each(&wanted, context, output)
        }
    }
}

/// Each that is wanted, once.
fn each(
    wanted: &[Wanted],
    context: &Context,
    output: &mut Output,
) -> Result<Vec<Toolchain>, Failure> {
    let mut toolchains = Vec::new();
    for wanted in wanted {
        toolchains.push(one(wanted, context, output)?);
    }
    toolchains.sort_by(|a, b| b.version.cmp(&a.version).then(a.root.cmp(&b.root)));
    toolchains.dedup_by(|a, b| a.root == b.root);
    Ok(toolchains)
}

/// The toolchain that is wanted.
///
/// # Errors
/// It is not to be had.
pub(crate) fn one(
    wanted: &Wanted,
    context: &Context,
    output: &mut Output,
) -> Result<Toolchain, Failure> {
    found(wanted, &context.environment, context, output)
}

/// The toolchain that is wanted in this environment; a fetch is seen while it goes on, and told when it is done.
///
/// # Errors
/// It is not to be had.
pub(crate) fn found(
    wanted: &Wanted,
    environment: &Environment,
    context: &Context,
    output: &mut Output,
) -> Result<Toolchain, Failure> {
    let progress = FetchProgress::new(&context.interrupt);
    let mut announced = false;
    let toolchain = find(wanted, environment, &mut |step| {
        // where there is no bar, a line says why nothing else happens
        if let (Progress::Downloading { .. }, false, true) = (step, announced, progress.is_hidden())
        {
            let which = match wanted {
                Wanted::Version(version) => version.tag(),
                Wanted::Any | Wanted::Newest | Wanted::Path(_) => "Go".to_owned(),
            };
            writeln!(output.notes, "fetching {which}").ok();
            announced = true;
        }
        progress.step(step)
    })?;
    progress.finish();
    if toolchain.source == Source::Fetched {
        writeln!(
            output.notes,
            "fetched {}; it is kept at {}",
            toolchain.version.tag(),
            toolchain.root.display()
        )?;
    }
    Ok(toolchain)
}
