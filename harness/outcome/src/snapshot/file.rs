//! The file format of insta's snapshots, so that `cargo insta review` works on ours.

use std::fmt;

/// One `.snap` file with the header fields that we use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapFile {
    /// The test that asserts it.
    pub source: String,
    /// What gives this text: a command line.
    pub expression: String,
    /// The scenario file.
    pub input_file: String,
    /// The text.
    pub contents: String,
}

/// Why a text is not a `.snap` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read the snapshot: it has no header between two lines `---`")]
pub struct SnapFileError;

impl SnapFile {
    /// The snapshot of the scenario `id`.
    pub fn new(id: &str, contents: &str) -> Self {
        Self {
            source: "snapshots/tests/scenarios.rs".to_owned(),
            expression: format!("modfault run {id}"),
            input_file: format!("scenarios/{id}.toml"),
            contents: contents.trim_end().to_owned(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the header is missing or does not end.
    pub fn parse(text: &str) -> Result<Self, SnapFileError> {
        let rest = text.strip_prefix("---\n").ok_or(SnapFileError)?;
        let (header, contents) = rest.split_once("\n---\n").ok_or(SnapFileError)?;
        let field = |name: &str| {
            header
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(|value| value.trim_matches('"').to_owned())
                .unwrap_or_default()
        };
        Ok(Self {
            source: field("source"),
            expression: field("expression"),
            input_file: field("input_file"),
            contents: contents.trim_end().to_owned(),
        })
    }
}

impl fmt::Display for SnapFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            expression,
            input_file,
            contents,
        } = self;
        writeln!(
            f,
            "---\nsource: {source}\nexpression: {expression}\ninput_file: {input_file}\n---\n{}",
            contents.trim_end()
        )
    }
}

/// The minor version that names a variant for `go`: `1.21` of `go1.21.13`, as in `missing-intermediate@1.21.snap`.
pub fn variant(go: &str) -> Option<String> {
    let mut numbers = go.strip_prefix("go").unwrap_or(go).split('.');
    let major: u32 = numbers.next()?.parse().ok()?;
    let minor: String = numbers
        .next()?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (!minor.is_empty()).then(|| format!("{major}.{minor}"))
}
