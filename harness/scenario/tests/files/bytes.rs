//! Whatever bytes a file holds, it parses or says why not.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::tree::{invalid, library, valid};
use modfault_scenario::{ModuleLibrary, parse, template};

static LIBRARY: LazyLock<ModuleLibrary> = LazyLock::new(library);

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts: Vec<String> = valid()
        .into_values()
        .chain(invalid().into_values())
        .collect();
    texts.push(template("http/mine"));
    texts
});

/// Pieces that mean something in a scenario file, and some that mean nothing.
const PIECES: [&str; 24] = [
    "[",
    "]",
    "{",
    "}",
    "=",
    "\"",
    "'",
    ".",
    ",",
    "\n",
    "\"\"\"",
    "[[fault]]\n",
    "[expect]\n",
    "true",
    "-1",
    "99999999999999999999",
    "0x",
    "1e400",
    "nan",
    "é",
    "\u{0}",
    "=\"<1.24\"",
    "1979-05-27",
    "steps = [{}]\n",
];

/// Parses and, where there are problems, looks at each of their places.
fn parsed_without_panic(text: &str) {
    if let Err(problems) = parse("http/x.toml", text, &LIBRARY) {
        assert!(!problems.is_empty());
        for label in problems.iter().flat_map(|problem| &problem.labels) {
            assert!(label.span.start <= label.span.end);
            assert!(label.span.end <= text.len(), "{label:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_changed_file_never_makes_the_parser_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(&PIECES[..])),
            1..4,
        ),
    ) {
        let mut text: Vec<char> = which.get(&TEXTS).chars().collect();
        for (at, removed, piece) in changes {
            let at = at.index(text.len().max(1)).min(text.len());
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.chars());
        }
        parsed_without_panic(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_at_all_never_makes_the_parser_panic(text in "\\PC{0,200}") {
        parsed_without_panic(&text);
    }

    #[test]
    fn two_halves_of_different_files_never_make_the_parser_panic(
        first in any::<prop::sample::Index>(),
        second in any::<prop::sample::Index>(),
        line in 0_usize..30,
    ) {
        let head = first.get(&TEXTS).lines().take(line);
        let tail = second.get(&TEXTS).lines().skip(line);
        let text: Vec<&str> = head.chain(tail).collect();
        parsed_without_panic(&text.join("\n"));
    }
}
