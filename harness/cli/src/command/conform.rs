//! `modfault conform`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::arguments::{ConformArguments, Format};
use crate::context::Context;
use crate::failure::{Ending, Failure};
use crate::golang;
use crate::output::Output;
use modfault_conform::{
    Conformance, Known, Outside, RULES, Rule, RuleResult, Sample, Subject, play,
};
use modfault_kit::select::wildcard;
use modfault_report::{conform_json, conform_text};
use modfault_suite::conform::{Trial, conform as tried};

/// Where a server finds its files.
const FILES: &str = "/opt/subject";

/// What helps where a server does not start.
const START: &str = "it runs as an ordinary user, and sees the system's programs, `go`, its own {dir} and the files that its words name;\n      `modfault conform --help` lists what it is told";

/// A server that is not to be found.
#[derive(Debug, thiserror::Error)]
#[error("cannot find the server `{0}`")]
struct NoServer(String);

/// A variable without a value.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no NAME=VALUE")]
struct NoVariable(String);

/// No rule is called so.
#[derive(Debug, thiserror::Error)]
#[error("no rule matches `{0}`")]
struct NoRule(String);

/// Holds a server against the protocol.
pub(super) fn conform(
    arguments: &ConformArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Ending, Failure> {
    let rules = rules(&arguments.rules)?;
    let conformance = match &arguments.url {
        Some(url) => outside(url, &rules, arguments)?,
        None => inside(rules, arguments, context, output)?,
    };
    let text = match arguments.format {
        Format::Human => conform_text(&conformance, arguments.verbose),
        Format::Json => conform_json(&conformance).map_err(Failure::machine)?,
    };
    write!(output.data, "{text}")?;
    Ok(match conformance.conforms() {
        true => Ending::AsExpected,
        false => Ending::NotAsExpected,
    })
}

/// The rules that are meant; all without a pattern.
fn rules(patterns: &[String]) -> Result<Vec<Rule>, Failure> {
    let is_meant = |pattern: &String, rule: &Rule| wildcard(pattern, rule.id);
    for pattern in patterns {
        if !RULES.iter().any(|rule| is_meant(pattern, rule)) {
            let families = "they are list.* latest.* info.* mod.* zip.* escape.* absent.* gone.* query.* http.* cache.* sumdb.* upstream.* heal.* load.* go.*";
            return Err(Failure::usage(NoRule(pattern.clone())).help(families));
        }
    }
    let meant = RULES.iter().filter(|rule| {
        patterns.is_empty() || patterns.iter().any(|pattern| is_meant(pattern, rule))
    });
    Ok(meant.copied().collect())
}

fn outside(
    url: &str,
    rules: &[Rule],
    arguments: &ConformArguments,
) -> Result<Conformance, Failure> {
    let modules: Result<Vec<Known>, _> = arguments
        .modules
        .iter()
        .map(|text| Known::parse(text))
        .collect();
    let modules = modules.map_err(Failure::usage)?;
    let sample = Sample::outside(&modules, Some(arguments.sumdb.clone()))
        .ok_or_else(|| Failure::usage("there is no module to ask for"))?;
    let mut stand = Outside::at(url).map_err(Failure::usage)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::machine)?;
    let results: Vec<RuleResult> = runtime.block_on(async {
        if let Err(error) = stand.reach().await {
            return Err(Failure::machine(NoConnection {
                url: url.to_owned(),
                source: error,
            }));
        }
        let mut results = Vec::new();
        for rule in rules {
            let Ok(result) = play(&mut stand, rule, &sample, patience(arguments)).await;
            results.push(result);
        }
        Ok(results)
    })?;
    Ok(Conformance::of(url.to_owned(), None, results))
}

/// Nobody is there.
#[derive(Debug, thiserror::Error)]
#[error("cannot reach `{url}`")]
struct NoConnection {
    url: String,
    source: std::io::Error,
}

fn inside(
    rules: Vec<Rule>,
    arguments: &ConformArguments,
    context: &Context,
    output: &mut Output,
) -> Result<Conformance, Failure> {
    let (subject, lent) = subject(arguments, context)?;
    let toolchain = golang::one(&arguments.go.clone().unwrap_or_default(), context, output)?;
    let machine = context.machine(None)?;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let trial = Trial {
        subject,
        lent,
        rules,
        patience: patience(arguments),
        jobs: arguments
            .jobs
            .or(NonZeroUsize::new(2 * cores))
            .unwrap_or(NonZeroUsize::MIN),
        shows_all: arguments.verbose,
    };
    let results = tried(&trial, &machine, &toolchain, &|_| {}).map_err(|hindrance| {
        let failure = Failure::from(hindrance);
        match failure.help {
            None if failure.ending == Ending::Machine => failure.help(START),
            Some(_) | None => failure,
        }
    })?;
    Ok(Conformance::of(
        arguments.server.join(" "),
        Some(toolchain.version.tag()),
        results,
    ))
}

fn patience(arguments: &ConformArguments) -> Duration {
    Duration::from_secs(arguments.patience.get() as u64)
}

/// The server with its files: every word that names one.
fn subject(
    arguments: &ConformArguments,
    context: &Context,
) -> Result<(Subject, Vec<(PathBuf, String)>), Failure> {
    let Some((program, words)) = arguments.server.split_first() else {
        return Err(Failure::usage("there is no server to start"));
    };
    let program = server(program, context)?;
    let mut lent = Vec::new();
    let arguments_of_it = words.iter().map(|word| {
        let path = context.directory.join(word);
        // An empty word is no name of the current directory.
        if word.is_empty() || !path.is_file() {
            return word.clone();
        }
        let inside = format!("{FILES}/{}-{}", lent.len(), file_name(&path));
        lent.push((path, inside.clone()));
        inside
    });
    let words: Vec<String> = arguments_of_it.collect();
    let mut env = BTreeMap::new();
    for variable in &arguments.env {
        let (name, value) = variable
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| Failure::usage(NoVariable(variable.clone())))?;
        env.insert(name.to_owned(), value.to_owned());
    }
    let subject = Subject {
        program: program.to_string_lossy().into_owned(),
        arguments: words,
        env,
    };
    Ok((subject, lent))
}

/// Where the program is: at its path, on the PATH, or where modfault keeps servers.
fn server(name: &str, context: &Context) -> Result<PathBuf, Failure> {
    let found = match name.contains('/') {
        true => Some(context.directory.join(name)).filter(|path| path.is_file()),
        false => context.component(name)?,
    };
    found
        .and_then(|path| path.canonicalize().ok())
        .ok_or_else(|| {
            Failure::usage(NoServer(name.to_owned()))
                .help("name one on the PATH, or by its path: `./myproxy`")
        })
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
