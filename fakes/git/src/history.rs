//! What a repository holds, as plain data.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::error::GitError;

/// The commits of a repository, oldest first, with their tags and branches.
///
/// Authors and dates follow from the position alone, so the same history has the same commit ids for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    commits: Vec<Commit>,
    /// By name, each at a position in `commits`; `main`, at the last, is not among them.
    branches: BTreeMap<String, usize>,
}

/// Whether a version gets a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// It does: `v1.0.0`, or `sub/v1.0.0` for a module in the directory `sub` (`go help modules`, "VCS version").
    Tagged,
    /// It is a commit alone.
    Untagged,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Commit {
    /// The tag's name, whether or not there is one.
    version: String,
    tagging: Tagging,
    /// The files of each module by its directory, `""` for the root.
    modules: BTreeMap<String, BTreeMap<String, String>>,
}

/// Seconds since 1970 of the first commit, 2024-01-01T00:00:00Z; each further one is a day later.
const FIRST_DAY: u64 = 1_704_067_200;
const DAY: u64 = 86_400;

const AUTHOR: &str = "Gopher <gopher@example.com>";

impl History {
    /// A repository without commits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a commit to `main` in which the module at the root has exactly `files` (text by slash-separated path).
    pub fn version(
        self,
        version: &str,
        files: &BTreeMap<String, String>,
        tagging: Tagging,
    ) -> Self {
        self.version_in("", version, files, tagging)
    }

    /// As [`History::version`], for the module in `directory` (`sub`, `a/b`); what other modules have stays.
    pub fn version_in(
        mut self,
        directory: &str,
        version: &str,
        files: &BTreeMap<String, String>,
        tagging: Tagging,
    ) -> Self {
        let mut modules = self
            .commits
            .last()
            .map(|commit| commit.modules.clone())
            .unwrap_or_default();
        modules.insert(directory.to_owned(), files.clone());
        self.commits.push(Commit {
            version: below(directory, version),
            tagging,
            modules,
        });
        self
    }

    /// Adds a branch at the commit of `version` (`v1.0.0`, `sub/v1.0.0`), tagged or not.
    pub fn branch(mut self, name: &str, version: &str) -> Result<Self, GitError> {
        let at = self
            .commits
            .iter()
            .position(|commit| commit.version == version)
            .ok_or_else(|| GitError::UnknownVersion {
                branch: name.to_owned(),
                version: version.to_owned(),
            })?;
        self.branches.insert(name.to_owned(), at);
        Ok(self)
    }

    /// A name for this history that no other one has.
    pub fn digest(&self) -> String {
        let mut name = String::new();
        for byte in Sha256::digest(self.to_stream()) {
            // Writing to a `String` cannot fail.
            let _infallible = write!(name, "{byte:02x}");
        }
        name
    }

    /// The commands that make it (git-fast-import, "Input format").
    pub(crate) fn to_stream(&self) -> Vec<u8> {
        let mut stream = Vec::from("feature done\n");
        for (position, commit) in self.commits.iter().enumerate() {
            let when = FIRST_DAY + DAY * position as u64;
            let mark = position + 1;
            stream.extend(
                format!(
                    "commit refs/heads/main\nmark :{mark}\nauthor {AUTHOR} {when} +0000\ncommitter {AUTHOR} {when} +0000\n"
                )
                .bytes(),
            );
            data(&mut stream, &format!("{}\n", commit.version));
            stream.extend(b"deleteall\n");
            for (directory, files) in &commit.modules {
                for (path, text) in files {
                    let path = quoted(&below(directory, path));
                    stream.extend(format!("M 100644 inline {path}\n").bytes());
                    data(&mut stream, text);
                }
            }
        }
        for (position, commit) in self.commits.iter().enumerate() {
            if commit.tagging == Tagging::Tagged {
                reset(
                    &mut stream,
                    &format!("refs/tags/{}", commit.version),
                    position,
                );
            }
        }
        for (name, position) in &self.branches {
            reset(&mut stream, &format!("refs/heads/{name}"), *position);
        }
        stream.extend(b"done\n");
        stream
    }
}

fn below(directory: &str, name: &str) -> String {
    if directory.is_empty() {
        name.to_owned()
    } else {
        format!("{directory}/{name}")
    }
}

fn data(stream: &mut Vec<u8>, text: &str) {
    stream.extend(format!("data {}\n", text.len()).bytes());
    stream.extend(text.bytes());
    stream.push(b'\n');
}

fn reset(stream: &mut Vec<u8>, name: &str, position: usize) {
    stream.extend(format!("reset {name}\nfrom :{}\n\n", position + 1).bytes());
}

/// A path as a C string, in which any character may stand.
fn quoted(path: &str) -> String {
    let escaped = path
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("a.go".to_owned(), text.to_owned())])
    }

    fn stream(history: &History) -> String {
        String::from_utf8(history.to_stream()).unwrap()
    }

    #[test]
    fn only_tagged_versions_get_a_tag() {
        let history = History::new()
            .version("v1.0.0", &files("one"), Tagging::Tagged)
            .version("v1.1.0", &files("two"), Tagging::Untagged);
        let stream = stream(&history);
        assert!(stream.contains("reset refs/tags/v1.0.0\nfrom :1\n"));
        assert!(!stream.contains("refs/tags/v1.1.0"));
    }

    #[test]
    fn a_module_in_a_directory_leaves_the_others_as_they_are() {
        let history = History::new()
            .version("v1.0.0", &files("root"), Tagging::Tagged)
            .version_in("sub", "v0.1.0", &files("sub"), Tagging::Tagged);
        let stream = stream(&history);
        let last = stream.rsplit("deleteall").next().unwrap();
        assert!(last.contains("inline \"a.go\"\ndata 4\nroot\n"));
        assert!(last.contains("inline \"sub/a.go\"\ndata 3\nsub\n"));
        assert!(last.contains("reset refs/tags/sub/v0.1.0\nfrom :2\n"));
    }

    #[test]
    fn a_branch_at_no_version_is_refused() {
        let history = History::new().version("v1.0.0", &files("one"), Tagging::Untagged);
        assert!(history.clone().branch("next", "v1.0.0").is_ok());
        assert!(matches!(
            history.branch("next", "v1.0.1"),
            Err(GitError::UnknownVersion { .. })
        ));
    }

    #[test]
    fn histories_that_differ_have_different_digests() {
        let one = History::new().version("v1.0.0", &files("one"), Tagging::Tagged);
        let two = History::new().version("v1.0.0", &files("two"), Tagging::Tagged);
        assert_ne!(one.digest(), two.digest());
        assert_eq!(one.digest(), one.clone().digest());
    }

    #[test]
    fn a_path_with_quotes_and_line_ends_is_one_word() {
        assert_eq!(quoted("a \"b\"\\\nc"), "\"a \\\"b\\\"\\\\\\nc\"");
    }
}
