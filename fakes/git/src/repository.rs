//! Bare repositories on disk (gitrepository-layout): made, copied and changed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use modfault_kit::fault::GitFault;

use crate::error::{GitError, Said};
use crate::history::History;
use crate::program::Git;

/// The settings of every repository.
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";

const HEAD: &str = "ref: refs/heads/main\n";

/// Makes the bare repository `root`/`name`, which must not exist yet or be an empty directory, with the commits, tags and branches of `history`.
///
/// Its default branch is `main`; all refs are packed. Gives its directory.
pub fn build_repository(
    git: &Git,
    root: &Path,
    name: &str,
    history: &History,
) -> Result<PathBuf, GitError> {
    let directory = root.join(name);
    skeleton(&directory)?;
    import(git, &directory, history)?;
    let mut refs = BTreeMap::new();
    unpack_refs(&directory, "refs", &mut refs)?;
    write_refs(&directory, &refs)?;
    for kind in ["heads", "tags"] {
        let loose = directory.join("refs").join(kind);
        fs::remove_dir_all(&loose).map_err(GitError::io("remove", &loose))?;
        create(&loose)?;
    }
    Ok(directory)
}

/// Makes `into`, which must not exist yet, a repository with the same commits, tags and branches as `from`.
///
/// The packs are shared by hard links where the file system can; nothing that is done to the one shows in the other.
pub fn copy(from: &Path, into: &Path) -> Result<(), GitError> {
    skeleton(into)?;
    let packs = from.join("objects/pack");
    for entry in fs::read_dir(&packs).map_err(GitError::io("read", &packs))? {
        let entry = entry.map_err(GitError::io("read", &packs))?;
        let target = into.join("objects/pack").join(entry.file_name());
        if fs::hard_link(entry.path(), &target).is_err() {
            // Another file system, or one without hard links.
            fs::copy(entry.path(), &target).map_err(GitError::io("write", &target))?;
        }
    }
    write_refs(into, &read_refs(from)?)
}

/// Gives the tag `tag`, new or not, the commit of the branch or tag `to`. Who asks meanwhile sees the old or the new.
pub fn retag(directory: &Path, tag: &str, to: &str) -> Result<(), GitError> {
    point(directory, format!("refs/tags/{tag}"), to)
}

fn point(directory: &Path, name: String, to: &str) -> Result<(), GitError> {
    let mut refs = read_refs(directory)?;
    let id = ["refs/heads", "refs/tags"]
        .iter()
        .find_map(|kind| refs.get(&format!("{kind}/{to}")))
        .cloned()
        .ok_or_else(|| unknown(directory, to))?;
    refs.insert(name, id);
    write_refs(directory, &refs)
}

/// Removes the tag and the branch called `name`, of which there must be one; the commits stay.
pub fn hide(directory: &Path, name: &str) -> Result<(), GitError> {
    let mut refs = read_refs(directory)?;
    let before = refs.len();
    for kind in ["refs/heads", "refs/tags"] {
        refs.remove(&format!("{kind}/{name}"));
    }
    if refs.len() == before {
        return Err(unknown(directory, name));
    }
    write_refs(directory, &refs)
}

/// Makes at `into` the variant of `from` that `fault` serves instead.
///
/// Gives `false`, and makes nothing, for a fault that is not about refs or names one that `from` does not have.
pub fn variant(from: &Path, fault: &GitFault, into: &Path) -> Result<bool, GitError> {
    let change: &dyn Fn(&Path) -> Result<(), GitError> = match fault {
        GitFault::HiddenRef(name) => &|directory| hide(directory, name),
        GitFault::MovedTag { tag, to } => &|directory| move_tag(directory, tag, to),
        GitFault::MovedBranch { branch, to } => &|directory| move_branch(directory, branch, to),
        GitFault::AuthRequired
        | GitFault::Forbidden
        | GitFault::NotFound
        | GitFault::ExpiredToken
        | GitFault::StallPack(_)
        | GitFault::CutPack(_)
        | GitFault::DumbOnly
        | GitFault::PackForbidden => return Ok(false),
    };
    copy(from, into)?;
    match change(into) {
        Err(GitError::UnknownRef { .. }) => {
            fs::remove_dir_all(into).map_err(GitError::io("remove", into))?;
            Ok(false)
        }
        changed => changed.map(|()| true),
    }
}

/// As [`retag`], for a tag that exists.
fn move_tag(directory: &Path, tag: &str, to: &str) -> Result<(), GitError> {
    if read_refs(directory)?.contains_key(&format!("refs/tags/{tag}")) {
        retag(directory, tag, to)
    } else {
        Err(unknown(directory, tag))
    }
}

/// Gives a branch that exists the commit of the branch or tag `to`, as a forced push does; no commit is removed.
fn move_branch(directory: &Path, branch: &str, to: &str) -> Result<(), GitError> {
    let name = format!("refs/heads/{branch}");
    if read_refs(directory)?.contains_key(&name) {
        point(directory, name, to)
    } else {
        Err(unknown(directory, branch))
    }
}

/// The directories and files that git takes for an empty bare repository.
fn skeleton(directory: &Path) -> Result<(), GitError> {
    for sub in ["objects/info", "objects/pack", "refs/heads", "refs/tags"] {
        create(&directory.join(sub))?;
    }
    write(&directory.join("HEAD"), HEAD)?;
    write(&directory.join("config"), CONFIG)
}

fn import(git: &Git, directory: &Path, history: &History) -> Result<(), GitError> {
    let start = |source| GitError::Start {
        program: git.program().to_owned(),
        source,
    };
    let mut child = Command::new(git.program())
        // One pack, however small.
        .args(["-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"])
        .env_clear()
        .envs(git.environment())
        .env("GIT_DIR", directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let fed = child
        .stdin
        .take()
        .map_or(Ok(()), |mut stdin| stdin.write_all(&history.to_stream()));
    let output = child.wait_with_output().map_err(start)?;
    if output.status.success() {
        return fed.map_err(start);
    }
    Err(GitError::Import {
        directory: directory.to_owned(),
        source: Said(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    })
}

/// Adds the loose refs below `name` to `refs`, by full name.
fn unpack_refs(
    directory: &Path,
    name: &str,
    refs: &mut BTreeMap<String, String>,
) -> Result<(), GitError> {
    let path = directory.join(name);
    if path.is_file() {
        let id = fs::read_to_string(&path).map_err(GitError::io("read", &path))?;
        refs.insert(name.to_owned(), id.trim().to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(&path).map_err(GitError::io("read", &path))? {
        let entry = entry.map_err(GitError::io("read", &path))?;
        let below = format!("{name}/{}", entry.file_name().to_string_lossy());
        unpack_refs(directory, &below, refs)?;
    }
    Ok(())
}

/// The refs of a repository in which all are packed (gitrepository-layout, `packed-refs`).
fn read_refs(directory: &Path) -> Result<BTreeMap<String, String>, GitError> {
    let path = directory.join("packed-refs");
    let text = fs::read_to_string(&path).map_err(GitError::io("read", &path))?;
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(id, name)| (name.to_owned(), id.to_owned()))
        .collect())
}

fn write_refs(directory: &Path, refs: &BTreeMap<String, String>) -> Result<(), GitError> {
    let mut text = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    for (name, id) in refs {
        text += &format!("{id} {name}\n");
    }
    let path = directory.join("packed-refs");
    let new = directory.join("packed-refs.new");
    write(&new, &text)?;
    fs::rename(&new, &path).map_err(GitError::io("write", &path))
}

fn create(directory: &Path) -> Result<(), GitError> {
    fs::create_dir_all(directory).map_err(GitError::io("create", directory))
}

fn write(path: &Path, text: &str) -> Result<(), GitError> {
    fs::write(path, text).map_err(GitError::io("write", path))
}

fn unknown(directory: &Path, name: &str) -> GitError {
    GitError::UnknownRef {
        directory: directory.to_owned(),
        name: name.to_owned(),
    }
}
