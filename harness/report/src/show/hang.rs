//! Where a command hangs.

use super::{Detail, heading};
use crate::wrap::wrapped;
use modfault_outcome::{StepObservation, hang_words};

/// Where each command hangs that does, and with more detail all that go said of its goroutines.
pub(super) fn told(steps: &[StepObservation], detail: Detail) -> String {
    let mut out = String::new();
    for step in steps {
        let Some(words) = hang_words(step) else {
            continue;
        };
        heading(&mut out, "Where it hangs");
        for sentence in words.sentences() {
            out.push_str(&wrapped(
                &format!("{}.", capitalised(sentence)),
                "  * ",
                "    ",
            ));
        }
        let dump = step.hang.as_ref().map_or("", |hang| hang.dump.trim_end());
        match detail {
            _ if dump.is_empty() => {}
            Detail::Usual => out.push_str(&wrapped(
                "`--verbose` shows every goroutine that go told of.",
                "  ",
                "  ",
            )),
            Detail::Verbose => {
                heading(
                    &mut out,
                    "What go told of its goroutines when it had to quit",
                );
                for line in dump.lines() {
                    out.push_str(&format!("  | {line}\n"));
                }
            }
        }
    }
    out
}

/// A sentence that begins with a word of ours begins with a capital letter; a name of a host or program stays as it is.
fn capitalised(sentence: &str) -> String {
    let own = ["it ", "the ", "nothing "];
    if own.iter().any(|word| sentence.starts_with(word)) {
        let mut letters = sentence.chars();
        letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(letters)
            .collect()
    } else {
        sentence.to_owned()
    }
}
