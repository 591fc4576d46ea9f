//! What came of all rules.

use serde::Serialize;

use crate::rule::{Rule, Setting, Severity};
use crate::seen::GoRun;

/// A run of `go` that shows what comes of a rule that does not hold.
pub type Demonstration = GoRun;

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    Pass,
    /// It does not.
    Fail,
    /// Nobody knows.
    NotTried,
}

impl Verdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::NotTried => "not tried",
        }
    }
}

/// A verdict, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether the rule holds.
    pub verdict: Verdict,
    /// What was seen, or why it was not tried.
    pub seen: String,
}

impl Finding {
    /// The rule holds.
    pub fn passed(seen: impl Into<String>) -> Self {
        Self::of(Verdict::Pass, seen)
    }

    /// It does not.
    pub fn failed(seen: impl Into<String>) -> Self {
        Self::of(Verdict::Fail, seen)
    }

    /// Nobody knows.
    pub fn not_tried(why: impl Into<String>) -> Self {
        Self::of(Verdict::NotTried, why)
    }

    fn of(verdict: Verdict, seen: impl Into<String>) -> Self {
        Self {
            verdict,
            seen: seen.into(),
        }
    }
}

/// What came of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleResult {
    /// The rule's name.
    pub rule: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Where that is said.
    pub source: &'static str,
    /// How much of a fault it is where it does not hold.
    pub severity: Severity,
    /// What was wrong upstream meanwhile.
    pub when: Option<&'static str>,
    /// Whether it holds, and by what.
    #[serde(flatten)]
    pub finding: Finding,
    /// What `go` does where it does not hold.
    pub consequence: &'static str,
    /// `go`, showing that.
    pub shown: Option<Demonstration>,
}

impl RuleResult {
    /// That of `rule`, before `go` has shown anything.
    pub fn of(rule: &Rule, finding: Finding) -> Self {
        Self {
            rule: rule.id,
            says: rule.says,
            source: rule.source,
            severity: rule.severity,
            when: match rule.setting {
                Setting::Healthy | Setting::Alone => None,
                Setting::Bent(bend) => Some(bend.words),
            },
            finding,
            consequence: rule.consequence,
            shown: None,
        }
    }
}

/// How many rules came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// How many hold.
    pub pass: usize,
    /// How many do not that must.
    pub must_fail: usize,
    /// How many do not that should.
    pub should_fail: usize,
    /// How many were not tried.
    pub not_tried: usize,
}

/// What came of all rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conformance {
    /// The subject: its command line, or its URL.
    pub subject: String,
    /// The `go` that was run: `go1.27.3`; none where none was.
    pub go: Option<String>,
    /// How many rules came to what.
    pub counts: Counts,
    /// Each rule.
    pub rules: Vec<RuleResult>,
}

impl Conformance {
    /// That of these results.
    pub fn of(subject: String, go: Option<String>, rules: Vec<RuleResult>) -> Self {
        let mut counts = Counts::default();
        for result in &rules {
            *match (result.finding.verdict, result.severity) {
                (Verdict::Pass, _) => &mut counts.pass,
                (Verdict::Fail, Severity::Must) => &mut counts.must_fail,
                (Verdict::Fail, Severity::Should) => &mut counts.should_fail,
                (Verdict::NotTried, _) => &mut counts.not_tried,
            } += 1;
        }
        Self {
            subject,
            go,
            counts,
            rules,
        }
    }

    /// Whether every rule that must hold does, as far as they were tried.
    pub fn conforms(&self) -> bool {
        self.counts.must_fail == 0
    }
}
