//! Which scenarios are meant.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::collection::{Collection, ScenarioText, is_folder, scenario_text};
use crate::error::{BadFile, Error};
use modfault_report::{Card, ClaimCard};
use modfault_scenario::diagnostic::nearest;
use modfault_scenario::{
    CLAIMS, Diagnostic, GoVersion, Kind, Layer, ModuleLibrary, Phase, Scenario, parse,
};
use modfault_world::plan;

/// A scenario with where it comes from.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The same in words.
    pub card: Arc<Card>,
    /// Where its snapshots are.
    pub home: Arc<Collection>,
}

impl Case {
    /// Its id.
    pub fn id(&self) -> &str {
        self.scenario.id.as_str()
    }
}

/// The scenarios that are meant by these words, each once, by id; no words mean all of `ours`.
///
/// A word is a path to a directory or file of somebody's own, or a filter on `ours`: an id, a layer, a part of an id, a
/// pattern with `*`, or `kind:survives` for one of the kinds.
///
/// # Errors
/// A word means none, or a file that is meant is wrong: then every problem of every such file is told.
pub fn cases(words: &[String], ours: &Collection) -> Result<Vec<Case>, Error> {
    let mut found = Found::default();
    let (paths, filters): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| is_path(word));
    if words.is_empty() || !filters.is_empty() {
        let readable = Readable::new(ours.clone())?;
        if filters.is_empty() {
            found.take(&readable, &Filter::All);
        }
        for word in filters {
            if !found.take(&readable, &Filter::new(word)) {
                return Err(unknown(word, &readable));
            }
        }
    }
    for path in paths {
        found.take(&Readable::at(path)?, &Filter::All);
    }
    found.finish()
}

/// The scenario that is meant by this word.
///
/// # Errors
/// It means none or several, or its file is wrong.
pub fn case(word: &str, ours: &Collection) -> Result<Case, Error> {
    let mut cases = cases(&[word.to_owned()], ours)?;
    if let Some(exact) = cases.iter().position(|case| case.id() == word) {
        return Ok(cases.swap_remove(exact));
    }
    if cases.len() > 1 {
        return Err(Error::Several {
            filter: word.to_owned(),
            ids: cases.iter().map(|case| case.id().to_owned()).collect(),
        });
    }
    Ok(cases.swap_remove(0))
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

/// What starts a filter that means a kind; an id has no colon.
const KIND: &str = "kind:";

/// The kinds as a filter names them.
const KINDS: [(&str, Kind); 5] = [
    ("kind:fails", Kind::Fails),
    ("kind:survives", Kind::Survives),
    ("kind:slower", Kind::Slower),
    ("kind:myth", Kind::Myth),
    ("kind:claims", Kind::Claims),
];

/// Which scenarios of a collection are wanted.
enum Filter<'a> {
    All,
    Kind(Option<Kind>),
    Id(&'a str),
}

impl<'a> Filter<'a> {
    fn new(word: &'a str) -> Self {
        if word.starts_with(KIND) {
            let kind = KINDS.iter().find(|(name, _)| *name == word);
            return Self::Kind(kind.map(|(_, kind)| *kind));
        }
        Self::Id(word)
    }

    fn wants(&self, case: &Case) -> bool {
        match self {
            Self::All => true,
            Self::Kind(kind) => *kind == Some(case.scenario.kind),
            Self::Id(word) => matches(word, case.id()),
        }
    }

    /// Whether a broken file is meant; it may be of any kind.
    fn wants_broken(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Kind(kind) => kind.is_some(),
            Self::Id(word) => matches(word, id),
        }
    }
}

/// Whether a filter means an id: the id itself or a part of it, a layer, or a pattern whose `*` stand for anything.
fn matches(filter: &str, id: &str) -> bool {
    if filter.contains('*') {
        return glob(filter, id);
    }
    let filter = filter.trim_end_matches('/');
    if is_folder(filter) {
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

fn unknown(word: &str, readable: &Readable) -> Error {
    let kinds = KINDS.map(|(name, _)| name);
    if word.starts_with(KIND) {
        return Error::NoMatch {
            filter: word.to_owned(),
            near: kinds.map(str::to_owned).to_vec(),
        };
    }
    let ids = readable.ids();
    let names = ids
        .iter()
        .map(|id| id.split_once('/').map_or(*id, |(_, name)| name));
    let layers = Layer::ALL.map(Layer::as_str);
    let known = ids
        .iter()
        .copied()
        .chain(layers)
        .chain([CLAIMS])
        .chain(kinds);
    let mut near = nearest(word, known);
    if near.is_empty() {
        let names = nearest(word, names);
        near = ids
            .iter()
            .copied()
            .filter(|id| names.iter().any(|name| id.ends_with(&format!("/{name}"))))
            .collect();
    }
    if near.is_empty() {
        let begin_alike = ids.iter().filter(|id| begins_like(word, id));
        near = begin_alike.take(3).copied().collect();
    }
    Error::NoMatch {
        filter: word.to_owned(),
        near: near.into_iter().map(str::to_owned).collect(),
    }
}

/// Whether an id, or its name, begins with something near to `word`: a part of an id is a filter too.
fn begins_like(word: &str, id: &str) -> bool {
    let length = word.chars().count();
    let name = id.split_once('/').map_or(id, |(_, name)| name);
    [id, name].iter().any(|text| {
        (length.saturating_sub(1)..=length + 1).any(|taken| {
            let beginning: String = text.chars().take(taken).collect();
            !nearest(word, [beginning.as_str()]).is_empty()
        })
    })
}

/// A collection, read and parsed.
struct Readable {
    cases: Vec<Case>,
    /// Broken files, by the id that their path gives.
    broken: Vec<(String, BadFile)>,
}

impl Readable {
    fn new(collection: Collection) -> Result<Self, Error> {
        let files = collection.files()?;
        Self::of(files, collection)
    }

    /// A directory or file of somebody's own.
    fn at(word: &str) -> Result<Self, Error> {
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
            return Err(Error::NothingThere(word.to_owned()));
        }
        Self::of(files, collection)
    }

    fn of(files: Vec<ScenarioText>, collection: Collection) -> Result<Self, Error> {
        let library = collection.library()?;
        let home = Arc::new(collection);
        let mut this = Self {
            cases: Vec::new(),
            broken: Vec::new(),
        };
        for file in files {
            match parsed(&file, &library) {
                Ok(scenario) => this.cases.push(Case {
                    card: Arc::new(Card {
                        path: matches!(*home, Collection::Own(_)).then_some(file.path),
                        ..card(&scenario)
                    }),
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
        this.say_reliance();
        Ok(this)
    }

    /// Tells each scenario which claims it relies on; those are tried by others.
    fn say_reliance(&mut self) {
        let claims = self.cases.iter().flat_map(|case| &case.card.claims);
        let mut relied: BTreeMap<String, Vec<ClaimCard>> = BTreeMap::new();
        for claim in claims {
            for id in &claim.relied_on_by {
                relied.entry(id.clone()).or_default().push(claim.clone());
            }
        }
        for case in &mut self.cases {
            if let Some(mut claims) = relied.remove(case.id()) {
                claims.sort_by_key(|claim| claim.id);
                Arc::make_mut(&mut case.card).relies_on = claims;
            }
        }
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
    fn take(&mut self, readable: &Readable, filter: &Filter<'_>) -> bool {
        let mut any = false;
        for case in readable.cases.iter().filter(|case| filter.wants(case)) {
            any = true;
            let same = |known: &Case| known.id() == case.id() && known.home == case.home;
            if !self.cases.iter().any(same) {
                self.cases.push(case.clone());
            }
        }
        for (_, file) in readable
            .broken
            .iter()
            .filter(|(id, _)| filter.wants_broken(id))
        {
            any = true;
            if !self.broken.iter().any(|known| known.path == file.path) {
                self.broken.push(file.clone());
            }
        }
        any
    }

    fn finish(mut self) -> Result<Vec<Case>, Error> {
        if !self.broken.is_empty() {
            return Err(Error::BadFiles(self.broken));
        }
        self.cases.sort_by(|a, b| a.id().cmp(b.id()));
        Ok(self.cases)
    }
}

#[cfg(test)]
mod tests {
    use modfault_scenario::template;

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
    fn a_kind_is_no_part_of_an_id() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("http/kind.toml");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(path, template("http/kind")).unwrap();
        let ours = Collection::own(directory.path());
        let filter = |word: &str| cases(&[word.to_owned()], &ours);
        assert_eq!(filter("kind:fails").unwrap().len(), 1);
        assert_eq!(filter("kind").unwrap().len(), 1);
        assert!(filter("kind:myth").is_err());
        let unknown = filter("kind:survive").unwrap_err();
        assert!(unknown.help().unwrap().contains("`kind:survives`"));
    }

    #[test]
    fn a_misspelt_part_of_an_id_is_near_to_it() {
        for word in ["tls/misssing", "mising-inter", "tls/missing-intermdiate"] {
            assert!(begins_like(word, "tls/missing-intermediate"), "{word}");
            assert!(!begins_like(word, "goproxy/chain-5xx"), "{word}");
        }
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
