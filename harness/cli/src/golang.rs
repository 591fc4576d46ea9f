//! Which `go` is run.

use std::io::Write as _;

use crate::arguments::GoChoice;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::FetchProgress;
use modfault_toolchain::{Environment, Progress, Source, Store, Toolchain, Wanted, find, suite};

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
        Some(GoChoice::One(wanted)) => Ok(vec![one(wanted, context, output)?]),
        Some(GoChoice::All) => {
            let mut versions = suite().to_vec();
            let kept = Store::new(&context.environment)?.list()?;
            versions.extend(kept.into_iter().map(|stored| stored.version));
            versions.sort();
            versions.dedup();
            versions
                .into_iter()
                .rev()
                .map(|version| one(&Wanted::Version(version), context, output))
                .collect()
        }
    }
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
            writeln!(output.notes, "fetching Go").ok();
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
