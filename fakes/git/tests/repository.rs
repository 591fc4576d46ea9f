//! Repositories on disk, judged by git itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use modfault_git::{
    Git, GitError, History, RepositoryStore, Tagging, build_repository, copy, hide, retag, variant,
};
use modfault_kit::fault::GitFault;

fn git() -> Git {
    Git::find(&std::env::var_os("PATH").unwrap()).unwrap()
}

/// What `git` prints about the repository in `directory`.
fn ask(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::new(git().program())
        .args(arguments)
        .env_clear()
        .env("GIT_DIR", directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn refs(directory: &Path) -> BTreeMap<String, String> {
    ask(
        directory,
        &["for-each-ref", "--format=%(refname) %(objectname)"],
    )
    .lines()
    .map(|line| line.split_once(' ').unwrap())
    .map(|(name, id)| (name.to_owned(), id.to_owned()))
    .collect()
}

fn files(version: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        (
            "go.mod".to_owned(),
            "module example.com/greet\n\ngo 1.21\n".to_owned(),
        ),
        (
            "greet.go".to_owned(),
            format!("package greet\n\nconst Version = {version:?}\n"),
        ),
    ])
}

fn history() -> History {
    History::new()
        .version("v1.0.0", &files("v1.0.0"), Tagging::Tagged)
        .version("v1.1.0", &files("v1.1.0"), Tagging::Tagged)
        .version("v1.2.0", &files("v1.2.0"), Tagging::Untagged)
        .version_in("sub", "v0.1.0", &files("sub"), Tagging::Tagged)
        .branch("old", "v1.0.0")
        .unwrap()
}

const V1_0_0: &str = "c35496a08b24bd46970930f8dec2a07eb940d464";
const V1_1_0: &str = "0fdca3842b57710ed6d340cf456e94e5a256b71e";
const SUB_V0_1_0: &str = "2ba52b51837d744f08c5971ecc9f3170cd3173e8";

#[test]
fn a_history_has_the_same_commit_ids_for_ever() {
    let root = tempfile::tempdir().unwrap();
    let directory = build_repository(&git(), root.path(), "greet", &history()).unwrap();
    let expected = [
        ("refs/heads/main", SUB_V0_1_0),
        ("refs/heads/old", V1_0_0),
        ("refs/tags/sub/v0.1.0", SUB_V0_1_0),
        ("refs/tags/v1.0.0", V1_0_0),
        ("refs/tags/v1.1.0", V1_1_0),
    ]
    .map(|(name, id)| (name.to_owned(), id.to_owned()));
    assert_eq!(refs(&directory), BTreeMap::from(expected));
}

#[test]
fn git_finds_nothing_wrong_with_a_repository_or_its_copy() {
    let root = tempfile::tempdir().unwrap();
    let directory = build_repository(&git(), root.path(), "greet", &history()).unwrap();
    let twin = root.path().join("twin");
    copy(&directory, &twin).unwrap();
    for repository in [&directory, &twin] {
        ask(repository, &["fsck", "--strict", "--full"]);
        assert_eq!(
            ask(repository, &["symbolic-ref", "HEAD"]).trim(),
            "refs/heads/main"
        );
        assert_eq!(
            ask(repository, &["log", "--format=%s %aI"]).lines().next(),
            Some("sub/v0.1.0 2024-01-04T00:00:00+00:00")
        );
    }
    assert_eq!(
        ask(&directory, &["ls-tree", "-r", "--name-only", "main"]),
        "go.mod\ngreet.go\nsub/go.mod\nsub/greet.go\n"
    );
}

#[test]
fn a_tag_moves_in_the_copy_alone() {
    let root = tempfile::tempdir().unwrap();
    let directory = build_repository(&git(), root.path(), "greet", &history()).unwrap();
    let twin = root.path().join("twin");
    copy(&directory, &twin).unwrap();
    retag(&twin, "v1.1.0", "old").unwrap();
    retag(&twin, "v9.0.0", "v1.1.0").unwrap();
    assert_eq!(refs(&twin)["refs/tags/v1.1.0"], V1_0_0);
    assert_eq!(refs(&twin)["refs/tags/v9.0.0"], V1_0_0);
    assert_eq!(refs(&directory)["refs/tags/v1.1.0"], V1_1_0);
    assert!(matches!(
        retag(&twin, "v1.0.0", "nowhere"),
        Err(GitError::UnknownRef { .. })
    ));
}

#[test]
fn a_hidden_tag_is_gone_and_its_commit_is_not() {
    let root = tempfile::tempdir().unwrap();
    let directory = build_repository(&git(), root.path(), "greet", &history()).unwrap();
    hide(&directory, "v1.1.0").unwrap();
    assert!(!refs(&directory).contains_key("refs/tags/v1.1.0"));
    assert_eq!(
        ask(&directory, &["cat-file", "-t", V1_1_0]).trim(),
        "commit"
    );
    assert!(matches!(
        hide(&directory, "v1.1.0"),
        Err(GitError::UnknownRef { .. })
    ));
}

#[test]
fn a_fault_has_a_variant_only_where_the_ref_exists() {
    let root = tempfile::tempdir().unwrap();
    let directory = build_repository(&git(), root.path(), "greet", &history()).unwrap();
    let hidden = |name: &str| GitFault::HiddenRef(name.to_owned());
    let into = root.path().join("variant");
    assert!(!variant(&directory, &hidden("v7.0.0"), &into).unwrap());
    assert!(!variant(&directory, &GitFault::Forbidden, &into).unwrap());
    let moved = |tag: &str, to: &str| GitFault::MovedTag {
        tag: tag.to_owned(),
        to: to.to_owned(),
    };
    assert!(!variant(&directory, &moved("v7.0.0", "old"), &into).unwrap());
    assert!(!variant(&directory, &moved("v1.1.0", "nowhere"), &into).unwrap());
    assert!(!into.exists());
    assert!(variant(&directory, &hidden("old"), &into).unwrap());
    assert!(!refs(&into).contains_key("refs/heads/old"));
}

#[test]
fn many_at_once_get_the_same_finished_repository() {
    let root = tempfile::tempdir().unwrap();
    let store = RepositoryStore::new(git(), root.path().join("store"));
    let directories: BTreeSet<_> = std::thread::scope(|scope| {
        let builders: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.get(&history()).unwrap()))
            .collect();
        builders
            .into_iter()
            .map(|builder| builder.join().unwrap())
            .collect()
    });
    assert_eq!(directories.len(), 1);
    let left: Vec<_> = std::fs::read_dir(root.path().join("store"))
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(
        refs(directories.first().unwrap())["refs/tags/v1.0.0"],
        V1_0_0
    );
}

#[test]
fn what_a_killed_build_left_is_in_nobodys_way() {
    let root = tempfile::tempdir().unwrap();
    for count in 0..50 {
        let left = format!("building-{}-{count}", std::process::id());
        std::fs::create_dir(root.path().join(&left)).unwrap();
        std::fs::write(root.path().join(left).join("HEAD"), "half a line").unwrap();
    }
    let store = RepositoryStore::new(git(), root.path().to_owned());
    let directory = store.get(&history()).unwrap();
    assert_eq!(refs(&directory)["refs/tags/v1.0.0"], V1_0_0);
}

#[test]
fn a_path_that_git_does_not_take_is_an_error_with_its_words() {
    let root = tempfile::tempdir().unwrap();
    let broken = BTreeMap::from([("a//b".to_owned(), String::new())]);
    let history = History::new().version("v1.0.0", &broken, Tagging::Tagged);
    let store = RepositoryStore::new(git(), root.path().to_owned());
    let error = store.get(&history).unwrap_err();
    assert!(matches!(error, GitError::Import { .. }), "{error:?}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}
