//! Probes: whether each says what it is for, and pins something of what is to be seen.

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::expect::Expectation;
use crate::file::{Located, ProbeFile};
use crate::probe::{Insight, Moment, Probe};
use crate::tool::Tool;

impl Check<'_> {
    pub(super) fn probes(&mut self, files: &[Located<ProbeFile>]) -> Vec<Probe> {
        let mut seen: Vec<&Located<String>> = Vec::new();
        let mut probes = Vec::new();
        for probe in files {
            if let Some(run) = &probe.value.run {
                match seen.iter().find(|other| other.value == run.value) {
                    Some(first) => self.report(
                        Diagnostic::new(
                            Code::DuplicateProbe,
                            format!("two probes run `{}`", run.value),
                        )
                        .at(run.span.clone(), "the second")
                        .at(first.span.clone(), "the first")
                        .help("say all of what it reveals in one probe"),
                    ),
                    None => seen.push(run),
                }
            }
            probes.extend(self.probe(probe));
        }
        probes
    }

    fn probe(&mut self, probe: &Located<ProbeFile>) -> Option<Probe> {
        let file = &probe.value;
        self.known(&file.needs);
        let mut expect = Expectation {
            base: file.pinned.clone().into(),
            by_version: Vec::new(),
        };
        for (range, pinned) in &file.by_version {
            if let Some(range) = self.version_range(range) {
                expect.by_version.push((range, pinned.clone().into()));
            }
        }
        if expect.is_empty() {
            self.report(
                Diagnostic::new(Code::EmptyProbe, "of this probe nothing is to be seen")
                    .at(probe.span.clone(), "it pins nothing")
                    .help(
                        "pin what it reveals: `stdout = [\"…\"]`, `stderr = [\"…\"]` or `exit = 1`",
                    ),
            );
        }
        // that one of them is absent was told from the shape
        let (run, reveals) = (file.run.as_ref()?, file.reveals.as_ref()?);
        let tools = Tool::of_line(&run.value);
        let mut needs: Vec<String> = tools.iter().map(|tool| tool.name.to_owned()).collect();
        for need in &file.needs {
            if !needs.contains(&need.value) {
                needs.push(need.value.clone());
            }
        }
        Some(Probe {
            run: run.value.clone(),
            reveals: reveals.value.clone(),
            insight: if file.blind {
                Insight::Blind
            } else {
                Insight::Tells
            },
            moment: if file.during {
                Moment::During
            } else {
                Moment::After
            },
            expect,
            needs,
        })
    }
}
