//! What came of the rules for a GOPROXY server.

use serde::Serialize;

use crate::style::{ASIDE, BAD, GOOD, HEADING, NAME, WARN, painted};
use crate::wrap::wrapped;
use modfault_conform::result::Verdict;
use modfault_conform::{Conformance, Counts, GoRun, RuleResult, Severity};

/// Where the sentences of rules begin.
const MARGIN: usize = 27;

/// Where what is told of a rule begins.
const INDENT: &str = "      ";

/// How many lines of what a command printed are told.
const LINES: usize = 12;

/// A line for each rule, more for one that does not hold, and the counts in the last line. `all` tells every rule as much.
pub fn conform_text(conformance: &Conformance, all: bool) -> String {
    let mut text = wrapped(&conformance.subject, "", "  ");
    text = format!("{}\n", painted(HEADING, text.trim_end()));
    if let Some(go) = &conformance.go {
        text += &format!("{}\n", painted(ASIDE, format!("  {go}")));
    }
    text.push('\n');
    for result in &conformance.rules {
        text += &line(result);
        if all || result.finding.verdict == Verdict::Fail {
            text += &details(result);
        }
    }
    let all = counts(&conformance.counts);
    text += "\nFAIL: must hold, and does not; fail: should hold, and does not; -: not tried\n";
    text += &format!("{all}\n");
    text
}

/// `{"schema": "modfault.conform.v1", ...}` with every rule.
///
/// # Errors
///
/// None that is known: every key is a text.
pub fn conform_json(conformance: &Conformance) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        modfault: &'static str,
        conforms: bool,
        #[serde(flatten)]
        conformance: &'a Conformance,
    }
    let mut text = serde_json::to_string_pretty(&Document {
        schema: "modfault.conform.v1",
        modfault: env!("CARGO_PKG_VERSION"),
        conforms: conformance.conforms(),
        conformance,
    })?;
    text.push('\n');
    Ok(text)
}

fn line(result: &RuleResult) -> String {
    let (style, verdict) = match (result.finding.verdict, result.severity) {
        (Verdict::Pass, _) => (GOOD, "pass"),
        (Verdict::Fail, Severity::Must) => (BAD, "FAIL"),
        (Verdict::Fail, Severity::Should) => (WARN, "fail"),
        (Verdict::NotTried, _) => (WARN, "-"),
    };
    let margin = " ".repeat(MARGIN);
    let said = wrapped(result.says, &margin, &margin);
    let said = said.get(MARGIN..).unwrap_or_default();
    let verdict = painted(style, format!("{verdict:<5}"));
    format!(
        "{verdict} {} {said}",
        painted(NAME, format!("{:<20}", result.rule))
    )
}

fn details(result: &RuleResult) -> String {
    let mut text = String::new();
    let mut told = |label: &str, words: &str| {
        let first = format!("{INDENT}{label:<7} ");
        let rest = " ".repeat(first.len());
        text += &wrapped(words, &first, &rest);
    };
    if let Some(when) = result.when {
        told("when", when);
    }
    told("seen", &result.finding.seen);
    told("source", result.source);
    if result.finding.verdict == Verdict::Fail {
        told("so", result.consequence);
    }
    if let Some(run) = &result.shown {
        text += &demonstration(run);
    }
    text
}

fn demonstration(run: &GoRun) -> String {
    let mut text = wrapped(
        &format!("GOPROXY={} {}", run.goproxy, run.command),
        &format!("{INDENT}$ "),
        &format!("{INDENT}    "),
    );
    let printed = [&run.stdout, &run.stderr];
    let lines: Vec<&str> = printed.iter().flat_map(|text| text.lines()).collect();
    for line in lines.iter().take(LINES) {
        let line = wrapped(line, &format!("{INDENT}  "), &format!("{INDENT}    "));
        text += &format!("{}\n", painted(ASIDE, line.trim_end_matches('\n')));
    }
    if let Some(more) = lines.len().checked_sub(LINES).filter(|more| *more > 0) {
        text += &format!("{INDENT}  ... and {more} lines more\n");
    }
    let ended = match run.exit {
        Some(code) => format!("exit {code}"),
        None => "did not end, and was killed".to_owned(),
    };
    text += &format!("{INDENT}  {ended}\n");
    for line in &run.asked {
        text += &wrapped(line, &format!("{INDENT}  > "), &format!("{INDENT}      "));
    }
    text
}

fn counts(counts: &Counts) -> String {
    let all = counts.pass + counts.must_fail + counts.should_fail + counts.not_tried;
    let rules = if all == 1 { "rule" } else { "rules" };
    let mut words = vec![format!("{} pass", counts.pass)];
    if counts.must_fail > 0 {
        words.push(painted(
            BAD,
            format!("{} that must hold fail", counts.must_fail),
        ));
    }
    if counts.should_fail > 0 {
        words.push(painted(
            WARN,
            format!("{} that should hold fail", counts.should_fail),
        ));
    }
    if counts.not_tried > 0 {
        words.push(format!("{} not tried", counts.not_tried));
    }
    format!("{all} {rules}: {}", words.join(", "))
}
