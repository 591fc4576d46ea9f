//! Which scenarios are meant.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::collection::{Collection, ScenarioText, scenario_text};
use crate::context::Context;
use crate::failure::{BadFile, Failure};
use modfault_report::Card;
use modfault_scenario::diagnostic::nearest;
use modfault_scenario::{Diagnostic, GoVersion, Layer, ModuleLibrary, Phase, Scenario, parse};
use modfault_world::plan;

/// A scenario with where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// The scenario.
    pub(crate) scenario: Arc<Scenario>,
    /// The same in words.
    pub(crate) card: Card,
    /// Where its snapshots are.
    pub(crate) home: Arc<Collection>,
}

impl Case {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        self.scenario.id.as_str()
    }
}

/// The text names no scenario.
#[derive(Debug, thiserror::Error)]
#[error("no scenario matches `{0}`")]
struct NoMatch(String);

/// The directory or file holds no scenario.
#[derive(Debug, thiserror::Error)]
#[error("no scenario at `{0}`")]
struct NothingThere(String);

/// The directory is no checkout.
#[derive(Debug, thiserror::Error)]
#[error("no checkout of modfault at `{0}`")]
struct NoCheckout(PathBuf);

/// Files that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("{}", match .0 { 1 => "a scenario file is wrong; nothing was run".to_owned(), n => format!("{n} scenario files are wrong; nothing was run") })]
struct WrongFiles(usize);

/// The scenarios that are meant by these words, each once, by id; no words mean all of ours.
///
/// # Errors
/// A word means none, or a file that is meant is wrong: then every problem of every such file is told.
pub(crate) fn cases(words: &[String], context: &Context) -> Result<Vec<Case>, Failure> {
    let mut found = Found::default();
    if words.is_empty() || words.iter().any(|word| !is_path(word)) {
        let ours = ours(context)?;
        let readable = Readable::new(ours)?;
        let words: Vec<&String> = words.iter().filter(|word| !is_path(word)).collect();
        if words.is_empty() {
            found.take(&readable, |_| true);
        }
        for word in words {
            if !found.take(&readable, |id| matches(word, id)) {
                return Err(unknown(word, &readable));
            }
        }
    }
    for word in words.iter().filter(|word| is_path(word)) {
        let readable = Readable::at(word)?;
        found.take(&readable, |_| true);
    }
    found.finish()
}

/// The scenario that is meant by this word.
pub(crate) fn case(word: &str, context: &Context) -> Result<Case, Failure> {
    let mut cases = cases(&[word.to_owned()], context)?;
    if let Some(exact) = cases.iter().position(|case| case.id() == word) {
        return Ok(cases.swap_remove(exact));
    }
    if cases.len() > 1 {
        let ids: Vec<String> = cases
            .iter()
            .map(|case| format!("`{}`", case.id()))
            .collect();
        return Err(
            Failure::usage(Several(word.to_owned())).help(format!("say which: {}", ids.join(", ")))
        );
    }
    Ok(cases.swap_remove(0))
}

/// One was wanted.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` means several scenarios")]
struct Several(String);

/// Our own scenarios: those of `--scenarios`, of the checkout that we are in, or those in this program.
pub(crate) fn ours(context: &Context) -> Result<Collection, Failure> {
    match &context.scenarios {
        Some(directory) => Collection::checkout(directory)
            .ok_or_else(|| {
                Failure::usage(NoCheckout(directory.clone()))
                    .help("it has the directories `scenarios`, `snapshots` and `harness`; scenarios of your own are named as `./directory/`")
            }),
        None => Ok(Collection::checkout(&context.directory).unwrap_or(Collection::Embedded)),
    }
}

/// Whether a word is a path, and not a filter: a filter never looks like one.
fn is_path(word: &str) -> bool {
    word == "."
        || word == ".."
        || ["./", "../", "/"]
            .iter()
            .any(|start| word.starts_with(start))
        || word.ends_with(".toml")
        || (word.ends_with('/') && Path::new(word).is_dir())
}

/// Whether a filter means an id: the id itself or a part of it, a layer, or a pattern whose `*` stand for anything.
fn matches(filter: &str, id: &str) -> bool {
    if filter.contains('*') {
        return glob(filter, id);
    }
    let filter = filter.trim_end_matches('/');
    let is_layer = Layer::ALL.iter().any(|layer| layer.as_str() == filter);
    if is_layer {
        return id.split_once('/').is_some_and(|(layer, _)| layer == filter);
    }
    id.contains(filter)
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| glob(rest, &text[at..]))
        }),
    }
}

fn unknown(word: &str, readable: &Readable) -> Failure {
    let ids = readable.ids();
    let names = ids
        .iter()
        .map(|id| id.split_once('/').map_or(*id, |(_, name)| name));
    let layers = Layer::ALL.map(Layer::as_str);
    let mut near = nearest(word, ids.iter().copied().chain(layers));
    if near.is_empty() {
        let names = nearest(word, names);
        near = ids
            .iter()
            .copied()
            .filter(|id| names.iter().any(|name| id.ends_with(&format!("/{name}"))))
            .collect();
    }
    let failure = Failure::usage(NoMatch(word.to_owned()));
    if near.is_empty() {
        return failure.help(
            "`modfault list` shows them all; scenarios of your own are named as `./directory/`",
        );
    }
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    failure.help(format!("did you mean {}?", near.join(", ")))
}

/// A collection, read and parsed.
struct Readable {
    cases: Vec<Case>,
    /// Broken files, by the id that their path gives.
    broken: Vec<(String, BadFile)>,
}

impl Readable {
    fn new(collection: Collection) -> Result<Self, Failure> {
        let files = collection.files()?;
        Self::of(files, collection)
    }

    /// A directory or file of somebody's own.
    fn at(word: &str) -> Result<Self, Failure> {
        let path = Path::new(word);
        let collection = Collection::own(path);
        let files = if path.is_dir() {
            let below = Path::new(word);
            let mut files = collection.files()?;
            // a layer's folder of a collection is part of it
            files.retain(|file| Path::new(&file.path).starts_with(below));
            files
        } else {
            scenario_text(path)?.into_iter().collect()
        };
        if files.is_empty() {
            return Err(Failure::usage(NothingThere(word.to_owned()))
                .help("scenarios are TOML files, in a folder that is named after a layer; `modfault new` writes a first one"));
        }
        Self::of(files, collection)
    }

    fn of(files: Vec<ScenarioText>, collection: Collection) -> Result<Self, Failure> {
        let library = collection.library()?;
        let home = Arc::new(collection);
        let mut this = Self {
            cases: Vec::new(),
            broken: Vec::new(),
        };
        for file in files {
            match parsed(&file, &library) {
                Ok(scenario) => this.cases.push(Case {
                    card: card(&scenario),
                    scenario: Arc::new(scenario),
                    home: Arc::clone(&home),
                }),
                Err(diagnostics) => this.broken.push((
                    id_of(&file.path),
                    BadFile {
                        path: file.path,
                        text: file.text,
                        diagnostics,
                    },
                )),
            }
        }
        Ok(this)
    }

    fn ids(&self) -> Vec<&str> {
        self.cases.iter().map(Case::id).collect()
    }
}

fn parsed(file: &ScenarioText, library: &ModuleLibrary) -> Result<Scenario, Vec<Diagnostic>> {
    parse(&file.path, &file.text, library)
}

/// The scenario in words; the machines of a phase are at the same addresses in all of them.
fn card(scenario: &Scenario) -> Card {
    let newest = GoVersion::new(1, u32::MAX, 0);
    Card::new(scenario, &plan(scenario, Phase::Fault, newest))
}

/// The last two elements of a path, without the extension.
fn id_of(path: &str) -> String {
    let stem = path.strip_suffix(".toml").unwrap_or(path);
    let mut elements: Vec<&str> = stem.rsplit('/').take(2).collect();
    elements.reverse();
    elements.join("/")
}

/// What was found so far.
#[derive(Default)]
struct Found {
    cases: Vec<Case>,
    broken: Vec<BadFile>,
}

impl Found {
    /// Takes what is wanted of a collection; whether there was anything.
    fn take(&mut self, readable: &Readable, wanted: impl Fn(&str) -> bool) -> bool {
        let mut any = false;
        for case in readable.cases.iter().filter(|case| wanted(case.id())) {
            any = true;
            let same = |known: &Case| known.id() == case.id() && known.home == case.home;
            if !self.cases.iter().any(same) {
                self.cases.push(case.clone());
            }
        }
        for (_, file) in readable.broken.iter().filter(|(id, _)| wanted(id)) {
            any = true;
            if !self.broken.iter().any(|known| known.path == file.path) {
                self.broken.push(file.clone());
            }
        }
        any
    }

    fn finish(mut self) -> Result<Vec<Case>, Failure> {
        if !self.broken.is_empty() {
            let mut failure = Failure::usage(WrongFiles(self.broken.len()));
            failure.bad_files = self.broken;
            return Err(failure);
        }
        self.cases.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(self.cases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_an_id_a_layer_a_part_or_a_pattern() {
        let id = "tls/missing-intermediate";
        for filter in [
            id,
            "tls",
            "tls/",
            "missing",
            "tls/miss",
            "*intermediate",
            "tls/*",
            "*/missing-*",
        ] {
            assert!(matches(filter, id), "{filter}");
        }
        for filter in ["dns", "http", "tls/expired", "missing*", "tls/*-root"] {
            assert!(!matches(filter, id), "{filter}");
        }
        // a layer is not a part of a name
        assert!(!matches("mod", "http/modified"));
        assert!(!matches("tls", "http/needs-tls"));
    }

    #[test]
    fn a_path_never_looks_like_a_filter() {
        for path in [
            ".",
            "./mine/",
            "../mine",
            "/srv/mine",
            "x.toml",
            "tls/x.toml",
        ] {
            assert!(is_path(path), "{path}");
        }
        for filter in ["tls", "tls/", "tls/expired", "*"] {
            assert!(!is_path(filter), "{filter}");
        }
    }

    #[test]
    fn the_id_of_a_broken_file_comes_from_its_path() {
        assert_eq!(id_of("scenarios/tls/expired.toml"), "tls/expired");
        assert_eq!(id_of("x.toml"), "x");
    }
}
