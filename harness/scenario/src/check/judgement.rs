//! Whether the scenario can prove anything: its kind against what it states, its fault, its fixes.

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::expect::Expect;
use crate::file::{Located, RemedyFile, ScenarioFile};
use crate::kind::Kind;
use crate::scenario::Scenario;

impl Check<'_> {
    pub(super) fn judgement(&mut self, file: &ScenarioFile, scenario: &Scenario) {
        // it is judged by its claims, see `claim`
        if scenario.kind == Kind::Claims {
            return;
        }
        let mut steps = file.client.steps.iter().flat_map(|steps| &steps.value);
        let altering = steps.any(|step| step.value.is_fault_alone());
        if file.fault.is_empty() && !altering {
            self.report(
                Diagnostic::new(
                    Code::NoFault,
                    "the fault did not bite: there is none in this scenario",
                )
                .at(self.head.clone(), "this does not come about")
                .help("place a fault: `[[fault]]` with `on = \"…\"` and, say, `http.status = 502`"),
            );
        }
        self.titles(&file.fix, &file.nonfix);
        if scenario.kind == Kind::Fails && file.fix.is_empty() {
            self.report(
                Diagnostic::new(Code::NoFix, "the scenario fails and has no fix")
                    .at(self.head.clone(), "nothing shows what mends this")
                    .help("add a `[[fix]]`; one that only takes the fault away says `lift = true`"),
            );
        }
        let stated = scenario.steps.iter().rev().find(|step| step.is_run());
        let by_step = stated.and_then(|step| step.expect.as_ref());
        if scenario.expect.is_empty() && by_step.is_none_or(|expect| expect.is_empty()) {
            self.report(
                Diagnostic::new(
                    Code::EmptyExpect,
                    "the scenario states nothing about its fault",
                )
                .at(self.head.clone(), "what is then to be seen?")
                .help("say what is expected: `[expect]` with `exit = 1`, and what is to be seen on `stderr`"),
            );
            return;
        }
        let base = by_step
            .map(|expect| expect.base.clone())
            .unwrap_or_default();
        for part in scenario.expect.parts() {
            self.kind(
                scenario.kind,
                &base
                    .overridden_by(&scenario.expect.base)
                    .overridden_by(part),
                file,
            );
        }
    }

    fn kind(&mut self, kind: Kind, expect: &Expect, file: &ScenarioFile) {
        let contradiction = match kind {
            Kind::Fails if expect.exit == Some(0) => Some((
                "a scenario that `fails` expects exit 0",
                "say `kind = \"survives\"` when the command copes with the fault",
            )),
            Kind::Survives | Kind::Slower if expect.is_hang() => Some((
                "a scenario in which the command works expects it to hang",
                "say `kind = \"fails\"`, or leave `hangs` out",
            )),
            Kind::Survives if expect.exit.is_some_and(|exit| exit != 0) => Some((
                "a scenario that `survives` expects the command to fail",
                "say `kind = \"fails\"`, or leave `exit` out",
            )),
            Kind::Slower if expect.exit.is_some_and(|exit| exit != 0) => Some((
                "a scenario that is `slower` expects the command to fail",
                "say `kind = \"fails\"`, or leave `exit` out",
            )),
            Kind::Slower if expect.at_least.is_none() => Some((
                "a scenario that is `slower` does not say how long it takes",
                "say `at-least = \"5s\"` under `[expect]`",
            )),
            Kind::Myth if expect.absent.is_empty() => Some((
                "a `myth` does not say which symptom stays away",
                "say `absent = [\"…\"]` under `[expect]`: the text that the document foretells",
            )),
            Kind::Myth if file.nonfix.iter().all(|nonfix| !nonfix.value.expect.given) => Some((
                "a `myth` has no positive control",
                "add a `[[nonfix]]` in which the symptom does come, with `expect.stderr = [\"…\"]`",
            )),
            Kind::Fails | Kind::Survives | Kind::Slower | Kind::Myth | Kind::Claims => None,
        };
        if let Some((message, help)) = contradiction {
            let (span, text) = match &file.kind {
                Some(kind) => (kind.span.clone(), "the kind"),
                None => (
                    self.head.clone(),
                    "of the kind `fails`, as nothing else is said",
                ),
            };
            let diagnostic = Diagnostic::new(Code::KindMismatch, message)
                .at(span, text)
                .help(help);
            if !self.diagnostics.contains(&diagnostic) {
                self.report(diagnostic);
            }
        }
    }

    fn titles(&mut self, fixes: &[Located<RemedyFile>], nonfixes: &[Located<RemedyFile>]) {
        let mut seen: Vec<&Located<String>> = Vec::new();
        let titles = fixes.iter().chain(nonfixes);
        for title in titles.filter_map(|remedy| remedy.value.title.as_ref()) {
            match seen.iter().find(|other| other.value == title.value) {
                Some(first) => {
                    let first = first.span.clone();
                    self.report(
                        Diagnostic::new(
                            Code::DuplicateFixTitle,
                            format!("two remedies are called `{}`", title.value),
                        )
                        .at(title.span.clone(), "the second")
                        .at(first, "the first")
                        .help("give each its own title: it is how reports name them"),
                    );
                }
                None => seen.push(title),
            }
        }
    }
}
