//! `modfault toolchain`

use std::io::Write as _;

use serde::Serialize;

use crate::arguments::{Format, ToolchainCommand, VersionChoice};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::golang;
use crate::output::Output;
use modfault_toolchain::{Lock, Platform, Source, Store, Wanted, newest_pinned, suite};

/// Lists, fetches or removes toolchains.
pub(super) fn toolchain(
    command: &ToolchainCommand,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let store = Store::new(&context.environment)?;
    match command {
        ToolchainCommand::List { format } => list(&store, *format, output)?,
        ToolchainCommand::Add { versions } => {
            for version in versions {
                add(version, context, output)?;
            }
        }
        ToolchainCommand::Remove { versions } => {
            for version in versions {
                let root = store.remove(version)?;
                writeln!(output.notes, "removed {}", root.display())?;
            }
        }
    }
    Ok(Ending::AsExpected)
}

/// What is kept, for machines.
#[derive(Serialize)]
struct Kept {
    schema: &'static str,
    directory: String,
    toolchains: Vec<KeptToolchain>,
}

#[derive(Serialize)]
struct KeptToolchain {
    version: String,
    root: String,
    from: Option<String>,
    verified_by: Option<String>,
}

fn list(store: &Store, format: Format, output: &mut Output) -> Result<(), Failure> {
    let stored = store.list()?;
    match format {
        Format::Human => {
            for toolchain in &stored {
                write!(
                    output.data,
                    "{:<11} {}",
                    toolchain.version.tag(),
                    toolchain.root.display()
                )?;
                match &toolchain.origin {
                    Some(origin) => writeln!(
                        output.data,
                        "\n{:<11} from {}, verified by {}",
                        "", origin.from, origin.verified_by
                    )?,
                    None => writeln!(output.data)?,
                }
            }
            if stored.is_empty() {
                writeln!(output.notes, "none are kept in {}", store.root().display())?;
            }
            let known: Vec<String> = Lock::embedded()
                .versions(&Platform::current())
                .rev()
                .map(ToString::to_string)
                .collect();
            let suite: Vec<String> = suite().iter().map(ToString::to_string).collect();
            writeln!(
                output.notes,
                "pinned: {}; the suite runs on {}",
                known.join(", "),
                suite.join(" and ")
            )?;
        }
        Format::Json => {
            let kept = Kept {
                schema: "modfault.toolchains.v1",
                directory: store.root().display().to_string(),
                toolchains: stored
                    .into_iter()
                    .map(|toolchain| KeptToolchain {
                        version: toolchain.version.to_string(),
                        root: toolchain.root.display().to_string(),
                        from: toolchain.origin.as_ref().map(|origin| origin.from.clone()),
                        verified_by: toolchain.origin.map(|origin| origin.verified_by),
                    })
                    .collect(),
            };
            let text = serde_json::to_string_pretty(&kept).map_err(Failure::machine)?;
            writeln!(output.data, "{text}")?;
        }
    }
    Ok(())
}

fn add(version: &VersionChoice, context: &Context, output: &mut Output) -> Result<(), Failure> {
    let version = match version {
        VersionChoice::Newest => newest_pinned().clone(),
        VersionChoice::Version(version) => Lock::embedded().resolve(version, &Platform::current()),
    };
    // the PATH does not count: what is added is kept
    let environment = context.environment.without("PATH");
    let toolchain = golang::found(&Wanted::Version(version), &environment, context, output)?;
    if toolchain.source != Source::Fetched {
        writeln!(
            output.notes,
            "{} is already kept at {}",
            toolchain.version.tag(),
            toolchain.root.display()
        )?;
    }
    Ok(())
}
