//! The ledger held against the scenarios.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use modfault_scenario::{Row, Scenario};
use serde::Serialize;

use crate::ledger::{Ledger, Part, Role};
use crate::shown::{stands_in, words};

/// Every row with what shows it, and what does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Documented failures.
    pub failures: Vec<CoveredRow>,
    /// Programs, services and files that documents name.
    pub systems: Vec<CoveredRow>,
    /// Scripts of cmd/go's own tests.
    pub scripts: Vec<CoveredRow>,
    /// What does not fit; the table is only right without any.
    pub problems: Vec<Problem>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoveredRow {
    /// Its name.
    pub name: String,
    /// The heading under which it stands.
    pub group: String,
    /// What it is, in a few words.
    pub what: String,
    /// Whether it is shown.
    #[serde(flatten)]
    pub status: Status,
}

/// Whether a row is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// By these scenarios.
    Tried(Vec<String>),
    /// It is not, for this reason.
    Untried(String),
    /// It is not, and nobody has said why.
    Missing,
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "problem")]
pub enum Problem {
    /// A row without a scenario and without a reason.
    Missing {
        /// The row.
        row: String,
    },
    /// A reason why a row is not shown, which a scenario shows.
    Stale {
        /// The row.
        row: String,
        /// The scenario.
        scenario: String,
    },
    /// A scenario says that it shows a row that the ledger does not have.
    UnknownRow {
        /// The scenario.
        scenario: String,
        /// The row.
        row: String,
    },
    /// The ledger names a scenario that is not there.
    UnknownScenario {
        /// The row.
        row: String,
        /// The scenario.
        scenario: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { row } => write!(
                f,
                "{row}: no scenario shows it, and scenarios/coverage.toml gives no reason (`untried = \"…\"`)"
            ),
            Self::Stale { row, scenario } => write!(
                f,
                "{row}: scenarios/coverage.toml says why it is untried, but {scenario} shows it: take the reason out"
            ),
            Self::UnknownRow { scenario, row } => write!(
                f,
                "{scenario} says that it covers `{row}`, which scenarios/coverage.toml does not list"
            ),
            Self::UnknownScenario { row, scenario } => write!(
                f,
                "{row}: scenarios/coverage.toml names `{scenario}`, and there is no such scenario"
            ),
        }
    }
}

impl Coverage {
    /// Holds `ledger` against `scenarios`.
    pub fn of<'a>(ledger: &Ledger, scenarios: impl IntoIterator<Item = &'a Scenario>) -> Self {
        let mut known = BTreeSet::new();
        let mut texts = BTreeMap::new();
        let mut covered: BTreeMap<Row, BTreeSet<String>> = BTreeMap::new();
        for scenario in scenarios {
            let id = scenario.id.to_string();
            texts.insert(id.clone(), words(scenario));
            for row in &scenario.covers {
                covered.entry(row.clone()).or_default().insert(id.clone());
            }
            known.insert(id);
        }
        let mut hold = Hold {
            problems: Vec::new(),
        };

        let mut failures = Vec::new();
        for (id, failure) in &ledger.failure {
            let by: BTreeSet<String> = known.get(id).cloned().into_iter().collect();
            failures.push(CoveredRow {
                name: id.clone(),
                group: layer(id),
                what: failure.what.clone(),
                status: hold.status(id, by, failure.untried.as_ref()),
            });
        }

        let mut systems = Vec::new();
        for (name, system) in &ledger.system {
            let mut by = covered
                .remove(&Row::System(name.clone()))
                .unwrap_or_default();
            for id in &system.by {
                if known.contains(id) {
                    by.insert(id.clone());
                } else {
                    hold.problems.push(Problem::UnknownScenario {
                        row: name.clone(),
                        scenario: id.clone(),
                    });
                }
            }
            let takes_part = |texts: &[String]| {
                let mut words = system.words.iter();
                words.any(|word| texts.iter().any(|text| stands_in(word, text)))
            };
            by.extend(
                texts
                    .iter()
                    .filter(|(_, texts)| takes_part(texts))
                    .map(|(id, _)| id.clone()),
            );
            systems.push(CoveredRow {
                name: name.clone(),
                group: system.group.clone(),
                what: system.role.to_string(),
                status: match system.role {
                    // Named in passing: nothing about it can be shown.
                    Role::Outside if by.is_empty() => {
                        Status::Untried(system.untried.clone().unwrap_or_else(|| {
                            "it decides nothing about a module download".to_owned()
                        }))
                    }
                    _ => hold.status(name, by, system.untried.as_ref()),
                },
            });
        }
        systems.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));

        let mut scripts: Vec<(Part, CoveredRow)> = Vec::new();
        for (name, script) in &ledger.script {
            let by = covered
                .remove(&Row::Script(name.clone()))
                .unwrap_or_default();
            let row = CoveredRow {
                name: name.clone(),
                group: script.part.to_string(),
                what: script.what.clone(),
                status: hold.status(name, by, script.untried.as_ref()),
            };
            scripts.push((script.part, row));
        }
        scripts.sort_by(|(a, one), (b, other)| (a, &one.name).cmp(&(b, &other.name)));

        for (row, by) in covered {
            for scenario in by {
                let row = row.to_string();
                hold.problems.push(Problem::UnknownRow { scenario, row });
            }
        }
        hold.problems.sort();
        Self {
            failures,
            systems,
            scripts: scripts.into_iter().map(|(_, row)| row).collect(),
            problems: hold.problems,
        }
    }

    /// The three lists with their names.
    pub fn parts(&self) -> [(&'static str, &[CoveredRow]); 3] {
        [
            ("Documented failures", &self.failures),
            ("Behaviours that cmd/go's own tests assert", &self.scripts),
            ("Systems that the documents name", &self.systems),
        ]
    }
}

/// How many rows of a list are tried, untried and missing.
pub fn counts(rows: &[CoveredRow]) -> [usize; 3] {
    let count = |is: fn(&Status) -> bool| rows.iter().filter(|row| is(&row.status)).count();
    [
        count(|status| matches!(status, Status::Tried(_))),
        count(|status| matches!(status, Status::Untried(_))),
        count(|status| matches!(status, Status::Missing)),
    ]
}

struct Hold {
    problems: Vec<Problem>,
}

impl Hold {
    fn status(&mut self, row: &str, by: BTreeSet<String>, untried: Option<&String>) -> Status {
        let row = row.to_owned();
        match (by.first(), untried) {
            (Some(scenario), Some(_)) => self.problems.push(Problem::Stale {
                row,
                scenario: scenario.clone(),
            }),
            (None, None) => self.problems.push(Problem::Missing { row }),
            _ => {}
        }
        match untried {
            _ if !by.is_empty() => Status::Tried(by.into_iter().collect()),
            Some(reason) => Status::Untried(reason.clone()),
            None => Status::Missing,
        }
    }
}

/// The layer of an id.
fn layer(id: &str) -> String {
    id.split('/').next().unwrap_or_default().to_owned()
}
