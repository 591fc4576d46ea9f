//! The part of the script that makes the client's file system: a tmpfs with the real machine's programs, read-only, and the plan's files.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::{absolute, c_string, parents};
use crate::plan::{Content, Owner, SandboxPlan};
use crate::script::{Op, Script, fixed};
use crate::sources::{SourceKind, Sources};
use crate::{Identity, SandboxError};

/// The client's home.
pub const HOME: &str = "/home/dev";

/// Where the plan's toolchain is seen.
pub const TOOLCHAIN: &str = "/usr/local/go";

/// Directories that are there without being named, with their modes; those that something is mounted on keep 0755.
const SKELETON: [(&str, u32); 15] = [
    ("/dev", 0o555),
    ("/dev/pts", 0o755),
    ("/dev/shm", 0o1777),
    ("/etc", 0o555),
    ("/home", 0o555),
    (HOME, 0o755),
    ("/proc", 0o755),
    ("/run", 0o555),
    ("/sys", 0o755),
    ("/tmp", 0o1777),
    ("/usr", 0o555),
    ("/usr/local", 0o555),
    ("/usr/local/bin", 0o555),
    ("/var", 0o555),
    ("/var/tmp", 0o1777),
];

/// Makes the file system; init is then rooted in it.
pub(crate) fn file_system(
    script: &mut Script,
    plan: &SandboxPlan,
    identity: Identity,
    sources: &Sources,
    copied: &BTreeSet<usize>,
) -> Result<(), SandboxError> {
    let client = identity.client_id();
    script.must("keep mounts private", Op::PrivateMounts);
    for (index, source) in sources.trees.iter().enumerate() {
        if !copied.contains(&index) {
            let path = source.path.to_string_lossy();
            script.must(
                format!("bind {path}"),
                Op::CloneTree {
                    source: c_string(&path)?,
                    to: tree_number(index),
                    access: source.access,
                },
            );
        }
    }
    let stage = sources.stage()?;
    let options = format!("mode=0755,uid={client},gid={client}");
    mount(script, "tmpfs", stage, "tmpfs", Flags::Quiet, &options)?;
    script.must("enter the new root", Op::Enter(c_string(stage)?));
    script.must("own the files", Op::FilesOf(client));
    system(script, sources, client)?;
    script.must("enter the new root", Op::EnterRoot);
    script.must("enter the new root", Op::Enter(c"/".to_owned()));
    contents(script, plan, sources, client)?;
    script.must("own the files", Op::FilesOf(0));
    script.must(
        "open the client's root",
        Op::Open {
            path: c"/".to_owned(),
            flags: libc::O_PATH | libc::O_DIRECTORY,
            to: fixed::ROOT,
        },
    );
    Ok(())
}

/// The descriptor number of a copied tree.
pub(crate) fn tree_number(index: usize) -> i32 {
    fixed::TREES + index as i32
}

/// Everything that needs the real machine's mounts beside the new ones, by relative paths.
fn system(script: &mut Script, sources: &Sources, client: u32) -> Result<(), SandboxError> {
    for (path, _) in SKELETON {
        directory(script, relative(path))?;
    }
    for (path, target) in &sources.links {
        link(script, relative(path), target)?;
    }
    for (index, source) in sources.trees.iter().enumerate() {
        if !source.named {
            place(script, relative(&source.target), source.kind)?;
            attach(script, index, relative(&source.target))?;
        }
    }
    hide(script, sources, client)?;
    mount(script, "proc", "proc", "proc", Flags::NoPrograms, "")?;
    // Without a sysfs that is wholly visible outside there is none inside; programs do without.
    script.may(
        "mount /sys",
        mount_op("sysfs", "sys", "sysfs", Flags::ReadOnly, "")?,
    );
    script.may(
        "mount /dev/pts",
        mount_op(
            "devpts",
            "dev/pts",
            "devpts",
            Flags::NoPrograms,
            "newinstance,ptmxmode=0666,mode=0620",
        )?,
    );
    for (path, target) in [
        ("dev/ptmx", "pts/ptmx"),
        ("dev/fd", "/proc/self/fd"),
        ("dev/stdin", "/proc/self/fd/0"),
        ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"),
    ] {
        link(script, path, target)?;
    }
    Ok(())
}

/// Lays an overlay over directories of programs in which some names are marked as deleted.
fn hide(script: &mut Script, sources: &Sources, client: u32) -> Result<(), SandboxError> {
    if sources.hidden.is_empty() {
        return Ok(());
    }
    // The marks are on a mount of their own below `proc`, which the overlay keeps when it is taken away again.
    let options = format!("mode=0755,uid={client},gid={client}");
    mount(script, "tmpfs", "proc", "tmpfs", Flags::Quiet, &options)?;
    for (index, (programs, names)) in sources.hidden.iter().enumerate() {
        let marks = format!("proc/{index}");
        directory(script, &marks)?;
        for name in names {
            let mark = c_string(&format!("{marks}/{name}"))?;
            script.must(format!("hide the program {name}"), Op::Whiteout(mark));
        }
        let target = relative(programs);
        let layers = format!("lowerdir={marks}:{target}");
        mount(
            script,
            "overlay",
            target,
            "overlay",
            Flags::ReadOnlyPrograms,
            &layers,
        )?;
    }
    script.must("hide programs", Op::Unmount(c"proc".to_owned()));
    Ok(())
}

/// The plan's own disks, directories, files and binds, by absolute paths in the new root.
fn contents(
    script: &mut Script,
    plan: &SandboxPlan,
    sources: &Sources,
    client: u32,
) -> Result<(), SandboxError> {
    for (path, size) in &plan.small_disks {
        absolute(path)?;
        for parent in parents(path) {
            directory(script, parent)?;
        }
        directory(script, path)?;
        let options = format!("size={size},mode=0755,uid={client},gid={client}");
        mount(script, "tmpfs", path, "tmpfs", Flags::Quiet, &options)?;
    }
    let modes = directories(plan, sources)?;
    for path in modes.keys() {
        directory(script, path)?;
    }
    for entry in &plan.entries {
        match &entry.content {
            Content::File { bytes, mode } => script.must(
                format!("write {}", entry.path),
                Op::File {
                    path: c_string(&entry.path)?,
                    bytes: bytes.clone(),
                    mode: seen_mode(*mode, entry.owner),
                },
            ),
            Content::Link { target } => link(script, &entry.path, target)?,
            Content::Directory { .. } => {}
        }
    }
    for (index, source) in sources.trees.iter().enumerate() {
        if source.named {
            place(script, &source.target, source.kind)?;
            attach(script, index, &source.target)?;
        }
    }
    // Innermost first: a directory without write permission may hold others that are still to be changed.
    for (path, mode) in modes.iter().rev().filter(|(_, mode)| **mode != 0o755) {
        set_mode(script, path, *mode)?;
    }
    set_mode(script, "/", 0o555)?;
    for path in &plan.read_only {
        let path = absolute(path)?;
        script.must(
            format!("make {path} read-only"),
            Op::Freeze(c_string(path)?),
        );
    }
    Ok(())
}

/// Every directory with its final mode: the skeleton's, the plan's, and those in between.
fn directories(
    plan: &SandboxPlan,
    sources: &Sources,
) -> Result<BTreeMap<String, u32>, SandboxError> {
    let mut modes: BTreeMap<String, u32> = SKELETON
        .iter()
        .map(|(path, mode)| ((*path).to_owned(), *mode))
        .collect();
    modes.extend(plan.small_disks.keys().map(|path| (path.clone(), 0o755)));
    for entry in &plan.entries {
        absolute(&entry.path)?;
        if let Content::Directory { mode } = entry.content {
            modes.insert(entry.path.clone(), seen_mode(mode, entry.owner));
        }
    }
    let entries = plan.entries.iter().map(|entry| &entry.path);
    let trees = sources.trees.iter().map(|tree| &tree.target);
    for path in entries.chain(plan.small_disks.keys()).chain(trees) {
        let mut above = 0o555;
        for parent in parents(path) {
            // What lies in a directory that the client may write to is the client's.
            let mode = if above & 0o200 == 0 { 0o555 } else { 0o755 };
            above = *modes.entry(parent.to_owned()).or_insert(mode);
        }
    }
    Ok(modes)
}

/// The permission bits that make the client, who owns every file, as free as the plan says.
fn seen_mode(mode: u32, owner: Owner) -> u32 {
    match owner {
        Owner::Client => mode,
        Owner::Root => mode & 0o7077 | (mode & 0o7) << 6,
    }
}

/// How a file system is mounted; always without set-user-ID.
#[derive(Clone, Copy, Debug)]
enum Flags {
    Quiet,
    NoPrograms,
    ReadOnly,
    ReadOnlyPrograms,
}

impl Flags {
    fn bits(self) -> u64 {
        let quiet = libc::MS_NOSUID | libc::MS_NODEV;
        match self {
            Self::Quiet => quiet,
            // Not MS_NODEV: devpts is made of devices.
            Self::NoPrograms => libc::MS_NOSUID | libc::MS_NOEXEC,
            Self::ReadOnly => quiet | libc::MS_NOEXEC | libc::MS_RDONLY,
            Self::ReadOnlyPrograms => quiet | libc::MS_RDONLY,
        }
    }
}

fn mount(
    script: &mut Script,
    source: &str,
    target: &str,
    kind: &str,
    flags: Flags,
    options: &str,
) -> Result<(), SandboxError> {
    script.must(
        format!("mount {kind} at /{}", relative(target)),
        mount_op(source, target, kind, flags, options)?,
    );
    Ok(())
}

fn mount_op(
    source: &str,
    target: &str,
    kind: &str,
    flags: Flags,
    options: &str,
) -> Result<Op, SandboxError> {
    Ok(Op::Mount {
        source: c_string(source)?,
        target: c_string(target)?,
        kind: c_string(kind)?,
        flags: flags.bits(),
        options: c_string(options)?,
    })
}

fn directory(script: &mut Script, path: &str) -> Result<(), SandboxError> {
    script.must(
        format!("make the directory /{}", relative(path)),
        Op::Directory {
            path: c_string(path)?,
            mode: 0o755,
        },
    );
    Ok(())
}

fn set_mode(script: &mut Script, path: &str, mode: u32) -> Result<(), SandboxError> {
    script.must(
        format!("set the permissions of {path}"),
        Op::Mode {
            path: c_string(path)?,
            mode,
        },
    );
    Ok(())
}

fn link(script: &mut Script, path: &str, target: &str) -> Result<(), SandboxError> {
    script.must(
        format!("make the link /{}", relative(path)),
        Op::Link {
            path: c_string(path)?,
            target: c_string(target)?,
        },
    );
    Ok(())
}

/// Makes what a tree is put on.
fn place(script: &mut Script, path: &str, kind: SourceKind) -> Result<(), SandboxError> {
    if kind == SourceKind::Directory {
        return directory_with_parents(script, path);
    }
    if let Some(parent) = parents(path).last() {
        directory_with_parents(script, parent)?;
    }
    script.must(
        format!("make /{}", relative(path)),
        Op::File {
            path: c_string(path)?,
            bytes: Vec::new(),
            mode: 0o644,
        },
    );
    Ok(())
}

fn directory_with_parents(script: &mut Script, path: &str) -> Result<(), SandboxError> {
    for parent in parents(path) {
        directory(script, parent)?;
    }
    directory(script, path)
}

fn attach(script: &mut Script, index: usize, target: &str) -> Result<(), SandboxError> {
    script.must(
        format!("put /{} in its place", relative(target)),
        Op::AttachTree {
            from: tree_number(index),
            target: c_string(target)?,
        },
    );
    Ok(())
}

fn relative(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;

    #[test]
    fn what_is_roots_leaves_the_client_what_others_have() {
        assert_eq!(seen_mode(0o644, Owner::Root), 0o444);
        assert_eq!(seen_mode(0o600, Owner::Root), 0);
        assert_eq!(seen_mode(0o755, Owner::Root), 0o555);
        assert_eq!(seen_mode(0o1777, Owner::Root), 0o1777);
        assert_eq!(seen_mode(0o600, Owner::Client), 0o600);
    }

    #[test]
    fn directories_in_between_belong_to_whom_the_one_above_belongs() {
        let plan = SandboxPlan {
            entries: vec![
                Entry::file("/home/dev/a/b/file", "", 0o644),
                Entry::file("/etc/ssl/certs/ca.pem", "", 0o644).of_root(),
                Entry::directory("/srv/mirror", 0o755),
                Entry::file("/srv/mirror/x/y", "", 0o644),
            ],
            small_disks: [("/home/dev/disk".to_owned(), 4096)].into(),
            ..SandboxPlan::default()
        };
        let modes = directories(&plan, &Sources::default()).unwrap();
        for (path, mode) in [
            ("/home/dev/a/b", 0o755),
            ("/home/dev/disk", 0o755),
            ("/etc/ssl/certs", 0o555),
            ("/srv", 0o555),
            ("/srv/mirror/x", 0o755),
        ] {
            assert_eq!(modes.get(path), Some(&mode), "{path}");
        }
        assert!(!modes.contains_key("/home/dev/a/b/file"));
    }
}
