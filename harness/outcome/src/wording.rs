//! What tools alone word and must be recognised: data, read from `scenarios/wording.toml`.

use regex::Regex;
use serde::Deserialize;

/// The table of texts that differ from run to run, or from one version of a tool to the next.
#[derive(Clone, Debug, Default)]
pub struct Wording {
    /// Parts of lines that are replaced, in order.
    pub(crate) rewrites: Vec<Rewrite>,
    /// Classes of lines whose order among others means nothing.
    pub(crate) unordered: Vec<Regex>,
    /// Lines that another tool than `go` words.
    pub(crate) tools: Vec<ToolLines>,
}

/// A part of a line that differs from run to run.
#[derive(Clone, Debug)]
pub(crate) struct Rewrite {
    pub(crate) find: Regex,
    pub(crate) say: String,
}

/// Lines that one tool words.
#[derive(Clone, Debug)]
pub(crate) struct ToolLines {
    pub(crate) tool: String,
    pub(crate) line: Regex,
    pub(crate) extent: Extent,
}

/// Which lines an entry about a tool means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The line that matches.
    Line,
    /// Not the line that matches, but the indented ones below it.
    Below,
}

/// Why the table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    /// It is not the TOML that is wanted.
    #[error("read the table of wordings")]
    Toml(#[source] Box<toml::de::Error>),
    /// An entry has a pattern that is no regular expression.
    #[error("understand the pattern of the wording `{name}`")]
    Pattern {
        /// The entry.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
    /// An entry does not take its own example.
    #[error("accept the wording `{name}`: its pattern does not take its example")]
    Example {
        /// The entry.
        name: String,
    },
    /// An entry does not say why it is there.
    #[error("accept the wording `{name}`: its reason is empty")]
    NoReason {
        /// The entry.
        name: String,
    },
}

impl Wording {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// When it is not TOML of this shape, a pattern is not a regular expression or does not take the entry's example, or
    /// a reason is missing.
    pub fn parse(text: &str) -> Result<Self, WordingError> {
        let file: WordingFile =
            toml::from_str(text).map_err(|error| WordingError::Toml(Box::new(error)))?;
        let mut wording = Self::default();
        for entry in file.rewrite {
            wording.rewrites.push(Rewrite {
                find: pattern(&entry.name, &entry.reason, &entry.example, &entry.find)?,
                say: entry.say,
            });
        }
        for entry in file.unordered {
            wording.unordered.push(pattern(
                &entry.name,
                &entry.reason,
                &entry.example,
                &entry.line,
            )?);
        }
        for entry in file.tool {
            wording.tools.push(ToolLines {
                line: pattern(&entry.name, &entry.reason, &entry.example, &entry.line)?,
                tool: entry.tool,
                extent: if entry.below {
                    Extent::Below
                } else {
                    Extent::Line
                },
            });
        }
        Ok(wording)
    }
}

fn pattern(name: &str, reason: &str, example: &str, text: &str) -> Result<Regex, WordingError> {
    if reason.trim().is_empty() {
        return Err(WordingError::NoReason {
            name: name.to_owned(),
        });
    }
    let regex = Regex::new(text).map_err(|source| WordingError::Pattern {
        name: name.to_owned(),
        source: Box::new(source),
    })?;
    if regex.is_match(example) {
        Ok(regex)
    } else {
        Err(WordingError::Example {
            name: name.to_owned(),
        })
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordingFile {
    #[serde(default)]
    rewrite: Vec<RewriteEntry>,
    #[serde(default)]
    unordered: Vec<UnorderedEntry>,
    #[serde(default)]
    tool: Vec<ToolEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RewriteEntry {
    name: String,
    reason: String,
    example: String,
    find: String,
    say: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnorderedEntry {
    name: String,
    reason: String,
    example: String,
    line: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolEntry {
    name: String,
    reason: String,
    example: String,
    tool: String,
    line: String,
    #[serde(default)]
    below: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_repository_is_sound() {
        let text = include_str!("../../../scenarios/wording.toml");
        let wording = Wording::parse(text).unwrap();
        assert!(!wording.rewrites.is_empty());
        assert!(!wording.unordered.is_empty());
        assert!(!wording.tools.is_empty());
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        let text = "[[unordered]]\nname = \"x\"\nreason = \" \"\nexample = \"x\"\nline = \"x\"\n";
        assert!(matches!(
            Wording::parse(text),
            Err(WordingError::NoReason { name }) if name == "x"
        ));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let text = "[[unordered]]\nname = \"x\"\nreason = \"r\"\nexample = \"x\"\nline = \"(\"\n";
        assert!(matches!(
            Wording::parse(text),
            Err(WordingError::Pattern { name, .. }) if name == "x"
        ));
    }

    #[test]
    fn a_pattern_that_does_not_take_its_example_is_named() {
        let text = "[[unordered]]\nname = \"x\"\nreason = \"r\"\nexample = \"a\"\nline = \"b\"\n";
        assert!(matches!(
            Wording::parse(text),
            Err(WordingError::Example { name }) if name == "x"
        ));
    }
}
