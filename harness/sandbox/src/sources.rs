//! What the real machine gives to a sandbox: its programs, some devices, and what the plan names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::SandboxError;
use crate::layout::TOOLCHAIN;
use crate::paths::{absolute, parents};
use crate::plan::{BindAccess, SandboxPlan};
use crate::sys::Access;

/// Directories of the real machine that hold programs and what they need, in any distribution. `/usr/local` is the owner's business.
const SYSTEM: [&str; 14] = [
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share",
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/sbin",
    "/nix",
    "/gnu",
];

/// Whether a sandbox sees what is at `path` on the real machine at the same path, because it is a program of the system's.
pub fn is_lent(path: &Path) -> bool {
    SYSTEM.iter().any(|directory| path.starts_with(directory))
}

/// Files and directories below `/etc` that those programs look for, unless the plan has its own.
const SYSTEM_SETTINGS: [&str; 3] = [
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ssl/openssl.cnf",
];

/// Where `without` looks for programs.
const PROGRAMS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Mount points of the real machine that a sandbox's first mount may hide for itself, best first.
const STAGES: [&str; 8] = [
    "/mnt", "/srv", "/media", "/opt", "/tmp", "/home", "/run", "/root",
];

/// A tree of mounts from the real machine.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Where it is, links resolved.
    pub(crate) path: PathBuf,
    /// Where the client sees it.
    pub(crate) target: String,
    pub(crate) access: Access,
    pub(crate) kind: SourceKind,
    /// Whether the plan named it: then a root caller's process copies it itself, as it may reach what the sandbox's root may not.
    pub(crate) named: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    Directory,
    File,
}

/// What the real machine gives: trees, and links like `/bin` → `usr/bin`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// In the order of their descriptors.
    pub(crate) trees: Vec<Source>,
    /// Links, with where they point.
    pub(crate) links: Vec<(String, String)>,
    /// Directories with the programs in them that the client is without.
    pub(crate) hidden: Vec<(&'static str, Vec<String>)>,
}

impl Sources {
    /// Looks at the real machine.
    pub(crate) fn find(plan: &SandboxPlan) -> Result<Self, SandboxError> {
        let mut sources = Self::default();
        for path in SYSTEM {
            match fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_symlink() => {
                    if let Ok(target) = fs::read_link(path) {
                        let target = target.to_string_lossy().into_owned();
                        sources.links.push((path.to_owned(), target));
                    }
                }
                Ok(_) => sources.add(Path::new(path), path, Access::ReadOnly)?,
                Err(_) => {}
            }
        }
        for path in SYSTEM_SETTINGS {
            let own = plan.entries.iter().any(|entry| {
                entry.path == path || parents(&entry.path).any(|parent| parent == path)
            });
            if !own && Path::new(path).exists() {
                sources.add(Path::new(path), path, Access::ReadOnly)?;
            }
        }
        for device in DEVICES {
            let path = format!("/dev/{device}");
            if Path::new(&path).exists() {
                sources.add(Path::new(&path), &path, Access::ReadWrite)?;
            }
        }
        let named = sources.trees.len();
        if let Some(toolchain) = &plan.toolchain {
            sources.add(toolchain, TOOLCHAIN, Access::ReadOnly)?;
        }
        for bind in &plan.binds {
            let access = match bind.access {
                BindAccess::ReadOnly => Access::ReadOnly,
                BindAccess::ReadWrite => Access::ReadWrite,
            };
            sources.add(&bind.source, absolute(&bind.target)?, access)?;
        }
        for source in sources.trees.iter_mut().skip(named) {
            source.named = true;
        }
        sources.hide(&plan.without);
        Ok(sources)
    }

    fn add(&mut self, path: &Path, target: &str, access: Access) -> Result<(), SandboxError> {
        let missing = |source| SandboxError::Source {
            path: path.to_owned(),
            source,
        };
        let path = path.canonicalize().map_err(missing)?;
        let kind = if path.is_dir() {
            SourceKind::Directory
        } else {
            SourceKind::File
        };
        self.trees.push(Source {
            path,
            target: target.to_owned(),
            access,
            kind,
            named: false,
        });
        Ok(())
    }

    fn hide(&mut self, without: &[String]) {
        for directory in PROGRAMS {
            if !self.trees.iter().any(|tree| tree.target == directory) {
                continue;
            }
            let present = |program: &&String| {
                !program.is_empty()
                    && !program.contains('/')
                    && Path::new(directory)
                        .join(program)
                        .symlink_metadata()
                        .is_ok()
            };
            let programs: Vec<_> = without.iter().filter(present).cloned().collect();
            if !programs.is_empty() {
                self.hidden.push((directory, programs));
            }
        }
    }

    /// A mount point that hides none of the trees.
    pub(crate) fn stage(&self) -> Result<&'static str, SandboxError> {
        let free = |stage: &&&str| {
            Path::new(stage).is_dir() && !self.trees.iter().any(|tree| tree.path.starts_with(stage))
        };
        let stage = STAGES.iter().find(free);
        stage.copied().ok_or(SandboxError::Path {
            path: STAGES.join(" "),
            reason: "none is a directory without something that the sandbox needs",
        })
    }
}
