//! `modfault diff`

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::arguments::{DiffArguments, Format};
use crate::clock;
use crate::command::run::jobs;
use crate::command::run::saved::Saved;
use crate::command::run::tally::Tally;
use crate::context::Context;
use crate::failure::{Ending, Failure, FileError};
use crate::golang;
use crate::output::Output;
use crate::rounds::{Common, Rounds, Taken};
use modfault_report::{Changes, Record, Report, changes_text, finished_line, read_report};
use modfault_suite::{Case, Probes, Snapshots, cases};
use modfault_toolchain::{GoVersion, Wanted};

/// Two versions that are one.
#[derive(Debug, thiserror::Error)]
#[error("both are {0}: there is nothing to compare")]
struct SameVersion(String);

/// A directory without records of a version.
#[derive(Debug, thiserror::Error)]
#[error("`{directory}` has no records of {wanted}")]
struct NoRecords {
    directory: String,
    wanted: String,
}

/// Runs scenarios on two versions of Go, or reads what was saved of both, and says what changed.
pub(super) fn diff(
    arguments: &DiffArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let ours = context.ours()?;
    let cases = cases(&arguments.selection.filters, &ours)
        .or_else(|error| output.bad_files(error.into(), arguments.format))?;
    let both = match &arguments.from {
        Some(directory) => read(directory, arguments, &cases)?,
        None => match run(arguments, &cases, context, output)? {
            Some(both) => both,
            None => return Ok(Ending::Interrupted),
        },
    };
    // what is worded otherwise in every run is so in any collection of ours
    let wording = match cases.first() {
        Some(case) => case.home.wording()?,
        None => ours.wording()?,
    };
    let changes =
        Changes::of(&both.old.0, &both.new.0, both.pairs(), &wording).without(both.alone());
    match arguments.format {
        Format::Human => write!(output.data, "{}", changes_text(&changes))?,
        Format::Json => write!(
            output.data,
            "{}",
            changes.to_json().map_err(Failure::machine)?
        )?,
    }
    output.data.flush()?;
    Ok(Ending::AsExpected)
}

/// A version, and its records by scenario.
struct Version(String, BTreeMap<String, Record>);

/// The records of two versions.
struct Both {
    old: Version,
    new: Version,
}

impl Both {
    /// Of several records of a scenario on a version the first counts: the others are repetitions.
    fn of(old: String, new: String, records: Vec<Record>) -> Result<Self, Failure> {
        if old == new {
            return Err(Failure::usage(SameVersion(old)).help("name two versions"));
        }
        let of = |go: String| {
            let mut by_id = BTreeMap::new();
            for record in records
                .iter()
                .filter(|record| record.go.as_ref() == Some(&go))
            {
                by_id
                    .entry(record.scenario.argument().to_owned())
                    .or_insert_with(|| record.clone());
            }
            Version(go, by_id)
        };
        Ok(Self {
            old: of(old),
            new: of(new),
        })
    }

    /// The scenarios of which there is a record on one version alone, each with what is missing.
    fn alone(&self) -> Vec<(String, String)> {
        let missing = |has: &Version, lacks: &Version| -> Vec<(String, String)> {
            let alone = has.1.iter().filter(|(id, _)| !lacks.1.contains_key(*id));
            alone
                .map(|(_, record)| {
                    let reason = format!("there is no record of {}", lacks.0);
                    (record.scenario.id.clone(), reason)
                })
                .collect()
        };
        [missing(&self.old, &self.new), missing(&self.new, &self.old)].concat()
    }

    fn pairs(&self) -> impl Iterator<Item = (&Record, &Record)> {
        let (old, new) = (&self.old.1, &self.new.1);
        new.iter()
            .filter_map(|(id, record)| Some((old.get(id)?, record)))
    }
}

/// Both versions, run now; nothing when somebody ended it.
fn run(
    arguments: &DiffArguments,
    cases: &[Case],
    context: &Context,
    output: &mut Output,
) -> Result<Option<Both>, Failure> {
    let saved = arguments.save.as_deref().map(Saved::new).transpose()?;
    let machine = context.machine(arguments.clock.name)?;
    let toolchains = [
        golang::one(&arguments.old, context, output)?,
        golang::one(&arguments.new, context, output)?,
    ];
    let [old, new] = toolchains.each_ref().map(|go| go.version.tag());
    if old == new {
        return Err(Failure::usage(SameVersion(old)).help("name two versions"));
    }
    let common = Common {
        snapshots: Snapshots::Ignore,
        clock: clock::settle(arguments.clock.name, &machine, cases, &toolchains, output)?,
        repeat: 1,
        probes: Probes::LeaveOut,
    };
    let rounds = Rounds::new(cases, &toolchains, &machine, &common)?;
    let names = rounds.names();
    let stop = context.interrupt.token.child_token();
    let mut tally = Tally::new(rounds.keys());
    let mut failed = None;
    rounds.work(
        &machine,
        jobs(arguments.jobs),
        &stop,
        |index, ran, progress| {
            let go = ran.record.go.clone().unwrap_or_default();
            let line = finished_line(&ran.record);
            let printed = progress.above(|| writeln!(output.notes, "{} ({go})", line.trim_end()));
            let kept = saved
                .as_ref()
                .map_or(Ok(()), |saved| saved.keep(&names[index], &ran.record));
            failed = failed
                .take()
                .or(printed.err().map(Failure::from))
                .or(kept.err());
            Taken {
                is_bad: Tally::is_bad(&ran),
                stops: tally.add(index, ran, false) || failed.is_some(),
            }
        },
    )?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    if context.interrupt.is_raised() {
        writeln!(output.notes, "interrupted: {} not run", tally.not_run())?;
        return Ok(None);
    }
    let (records, hindrance) = tally.into_parts();
    if let Some(hindrance) = hindrance {
        return Err(hindrance);
    }
    if let Some(saved) = saved {
        saved.finish(&Report::new(records.clone()))?;
    }
    Both::of(old, new, records).map(Some)
}

/// Both versions, as they were saved.
fn read(directory: &Path, arguments: &DiffArguments, cases: &[Case]) -> Result<Both, Failure> {
    let path = directory.join("report.json");
    let text = fs::read_to_string(&path)
        .map_err(FileError::of("read", &path))
        .map_err(|error| {
            Failure::usage(error).help("`modfault run --go 1.21,1.27 --save DIR` writes one")
        })?;
    let mut records = read_report(&text).map_err(Failure::usage)?.scenarios;
    records.retain(|record| {
        let mut known = cases.iter();
        known.any(|case| case.card.argument() == record.scenario.argument())
    });
    let version = |wanted: &Wanted| {
        let found = records
            .iter()
            .filter_map(|record| record.go.as_deref())
            .filter(|go| is_meant(wanted, go))
            .max_by_key(|go| go.parse::<GoVersion>().ok());
        found.map(str::to_owned).ok_or_else(|| {
            Failure::usage(NoRecords {
                directory: directory.display().to_string(),
                wanted: words(wanted),
            })
            .help("a version that was run with `--save` is meant, such as 1.21 or 1.27.3")
        })
    };
    let (old, new) = (version(&arguments.old)?, version(&arguments.new)?);
    Both::of(old, new, records)
}

/// Whether the version of a record (`go1.21.13`) is the one that is wanted; any for the newest.
fn is_meant(wanted: &Wanted, go: &str) -> bool {
    match wanted {
        Wanted::Version(version) => {
            let tag = version.tag();
            go == tag
                || go
                    .strip_prefix(&tag)
                    .is_some_and(|rest| rest.starts_with('.'))
        }
        Wanted::Newest | Wanted::Any => true,
        Wanted::Path(_) => false,
    }
}

fn words(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Version(version) => version.tag(),
        Wanted::Newest | Wanted::Any => "any version".to_owned(),
        Wanted::Path(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_version_means_any_release_of_it_and_no_other() {
        let means = |wanted: &str, go: &str| is_meant(&wanted.parse().unwrap(), go);
        assert!(means("1.21", "go1.21.13") && means("1.21.13", "go1.21.13"));
        assert!(!means("1.2", "go1.21.13") && !means("1.21.1", "go1.21.13"));
        assert!(means("newest", "go1.27.3") && !means("./go", "go1.27.3"));
    }
}
