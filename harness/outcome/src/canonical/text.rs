//! Texts without what differs from run to run.
//!
//! Values that the run knows come first, whole words only; then the table of wordings; then lines whose order means
//! nothing are put in front, sorted; and lines that another tool words get its name and version in front.

use std::collections::BTreeMap;

use crate::wording::{Extent, Wording};

/// What normalising needs to know of a run.
pub(crate) struct Texts<'a> {
    pub(crate) wording: &'a Wording,
    pub(crate) bindings: &'a BTreeMap<String, String>,
    pub(crate) tools: &'a BTreeMap<String, String>,
}

impl<'a> Texts<'a> {
    /// Texts of a probe: no values of the run are known to it, and its tool words all of them.
    pub(crate) fn plain(wording: &'a Wording) -> Self {
        static NOTHING: BTreeMap<String, String> = BTreeMap::new();
        Self {
            wording,
            bindings: &NOTHING,
            tools: &NOTHING,
        }
    }

    /// What a command printed, as lines.
    pub(crate) fn lines(&self, text: &str) -> Vec<String> {
        let lines = self.file(text);
        let lines = self.with_tools(lines);
        self.unordered_first(lines)
    }

    /// What a command printed, as lines: those whose place means nothing, sorted, and the others.
    pub(crate) fn lines_apart(&self, text: &str) -> (Vec<String>, Vec<String>) {
        let is_unordered = |line: &String| {
            let mut patterns = self.wording.unordered.iter();
            patterns.any(|pattern| pattern.is_match(line))
        };
        self.lines(text).into_iter().partition(is_unordered)
    }

    /// The content of a file, as lines: nothing is reordered.
    pub(crate) fn file(&self, text: &str) -> Vec<String> {
        text.lines()
            .map(|line| self.line(&as_on_a_terminal(line)))
            .collect()
    }

    /// One line.
    pub(crate) fn line(&self, line: &str) -> String {
        let mut line = bind(line, self.bindings);
        for rewrite in &self.wording.rewrites {
            line = rewrite
                .find
                .replace_all(&line, rewrite.say.as_str())
                .into_owned();
        }
        line
    }

    fn with_tools(&self, lines: Vec<String>) -> Vec<String> {
        let mut below: Option<&str> = None;
        lines
            .into_iter()
            .map(|line| {
                if let Some(tool) = below {
                    if line.starts_with('\t') || line.starts_with("  ") {
                        return self.marked(tool, &line);
                    }
                    below = None;
                }
                match self
                    .wording
                    .tools
                    .iter()
                    .find(|entry| entry.line.is_match(&line))
                {
                    Some(entry) if entry.extent == Extent::Below => {
                        below = Some(&entry.tool);
                        line
                    }
                    Some(entry) => self.marked(&entry.tool, &line),
                    None => line,
                }
            })
            .collect()
    }

    fn marked(&self, tool: &str, line: &str) -> String {
        let version = self.tools.get(tool).map_or("?", String::as_str);
        format!("[{tool} {version}] {line}")
    }

    fn unordered_first(&self, lines: Vec<String>) -> Vec<String> {
        let mut classes: Vec<Vec<String>> = vec![Vec::new(); self.wording.unordered.len()];
        let mut rest = Vec::new();
        for line in lines {
            match self
                .wording
                .unordered
                .iter()
                .position(|pattern| pattern.is_match(&line))
            {
                Some(class) => classes[class].push(line),
                None => rest.push(line),
            }
        }
        for class in &mut classes {
            class.sort();
        }
        classes.into_iter().flatten().chain(rest).collect()
    }
}

/// What a terminal would show of a line in which the cursor went back to its start.
fn as_on_a_terminal(line: &str) -> String {
    line.trim_end_matches('\r')
        .rsplit('\r')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Puts the word of each binding where its value stands by itself, longer values first.
fn bind(line: &str, bindings: &BTreeMap<String, String>) -> String {
    let mut bindings: Vec<(&String, &String)> = bindings
        .iter()
        .filter(|(value, _)| !value.is_empty())
        .collect();
    bindings.sort_by(|(one, _), (two, _)| two.len().cmp(&one.len()).then(one.cmp(two)));
    let mut out = String::with_capacity(line.len());
    let mut before = None;
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let bound = bindings.iter().find(|(value, _)| {
            rest.starts_with(value.as_str()) && stands_alone(before, value, rest)
        });
        if let Some((value, word)) = bound {
            out.push_str(&format!("<{word}>"));
            before = value.chars().next_back();
            rest = &rest[value.len()..];
        } else {
            out.push(next);
            before = Some(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

/// Whether `value`, with which `rest` begins, is no part of a longer word or number.
fn stands_alone(before: Option<char>, value: &str, rest: &str) -> bool {
    let after = rest[value.len()..].chars().next();
    let joined = |one: Option<char>, two: Option<char>| {
        one.is_some_and(char::is_alphanumeric) && two.is_some_and(char::is_alphanumeric)
    };
    !joined(before, value.chars().next()) && !joined(value.chars().next_back(), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
[[rewrite]]
name = "port"
reason = "ephemeral"
example = "1.2.3.4:51234->"
find = ':\d{5}->'
say = ':<port>->'
[[unordered]]
name = "progress"
reason = "parallel"
example = "working on x"
line = '^working on '
[[tool]]
name = "under"
reason = "worded by it"
example = "tool said:"
tool = "git"
line = 'tool said:$'
below = true
"#;

    fn lines(text: &str) -> Vec<String> {
        let wording = Wording::parse(TABLE).unwrap();
        let bindings = BTreeMap::from([
            ("/tmp/x".to_owned(), "tmp".to_owned()),
            ("8080".to_owned(), "proxy port".to_owned()),
        ]);
        let tools = BTreeMap::from([("git".to_owned(), "2.39.5".to_owned())]);
        Texts {
            wording: &wording,
            bindings: &bindings,
            tools: &tools,
        }
        .lines(text)
    }

    #[test]
    fn a_known_value_becomes_its_word_where_it_stands_alone() {
        assert_eq!(
            lines("at /tmp/x/y:8080, not /tmp/xy or 18080"),
            ["at <tmp>/y:<proxy port>, not /tmp/xy or 18080"]
        );
    }

    #[test]
    fn unordered_lines_come_first_and_sorted_wherever_they_were() {
        let one = lines("working on b\nan error\nworking on a\n");
        let two = lines("an error\nworking on a\nworking on b\n");
        assert_eq!(one, two);
        assert_eq!(one, ["working on a", "working on b", "an error"]);
    }

    #[test]
    fn indented_lines_below_a_tools_line_carry_its_version() {
        assert_eq!(
            lines("x: tool said:\n\tone\n\ttwo\nown words 1.2.3.4:51234->"),
            [
                "x: tool said:",
                "[git 2.39.5] \tone",
                "[git 2.39.5] \ttwo",
                "own words 1.2.3.4:<port>->"
            ]
        );
    }

    #[test]
    fn a_line_that_was_overwritten_shows_its_last_state() {
        assert_eq!(lines("10%\r100%\r\n"), ["100%"]);
    }
}
