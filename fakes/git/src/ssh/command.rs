//! What a client asks an SSH server of a code host to run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A command line, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// The pack of the repository in this directory.
    UploadPack(&'a Path),
    /// The pack of a repository that there is none of.
    Unknown,
    /// Anything else.
    Other,
}

/// What `line` asks for, where there are these repositories by path, without final `.git`.
pub(super) fn understood<'a>(
    line: &str,
    repositories: &'a BTreeMap<String, PathBuf>,
) -> Command<'a> {
    let line = line.trim();
    let rest = ["git-upload-pack ", "git upload-pack "]
        .iter()
        .find_map(|start| line.strip_prefix(start));
    let Some(argument) = rest.and_then(unquoted) else {
        return Command::Other;
    };
    let path = argument.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    repositories
        .iter()
        .find(|(known, _)| known.strip_suffix(".git").unwrap_or(known) == path)
        .map_or(Command::Unknown, |(_, directory)| {
            Command::UploadPack(directory)
        })
}

/// The one word that a shell would make of `text`: git puts single quotes around it.
fn unquoted(text: &str) -> Option<String> {
    let mut word = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (inside, after) = quoted.split_once('\'')?;
            word.push_str(inside);
            rest = after;
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            let character = escaped.chars().next()?;
            word.push(character);
            rest = &escaped[character.len_utf8()..];
        } else {
            let character = rest.chars().next()?;
            if character.is_whitespace() || ";&|<>()$`\"".contains(character) {
                return None;
            }
            word.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_however_git_spells_it() {
        let directory = PathBuf::from("/x");
        let repositories = BTreeMap::from([("team/it's".to_owned(), directory.clone())]);
        for line in [
            r"git-upload-pack 'team/it'\''s'",
            r"git-upload-pack 'team/it'\''s.git'",
            r"git upload-pack '/team/it'\''s.git'",
            r"git-upload-pack '/team/it'\''s/'",
        ] {
            assert_eq!(
                understood(line, &repositories),
                Command::UploadPack(&directory),
                "{line}"
            );
        }
    }

    #[test]
    fn nothing_else_is_run() {
        let repositories = BTreeMap::from([("x".to_owned(), PathBuf::from("/x"))]);
        for line in [
            "ls",
            "",
            "git-receive-pack 'x'",
            "git-upload-pack x; ls",
            "git-upload-pack 'x",
            "git-upload-pack --strict x",
        ] {
            assert_eq!(understood(line, &repositories), Command::Other, "{line}");
        }
        assert_eq!(
            understood("git-upload-pack 'y'", &repositories),
            Command::Unknown
        );
    }
}
