//! The client's files, reached from outside.

use std::ffi::{CStr, CString};
use std::fs::{File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::PermissionsExt;

use crate::Identity;
use crate::sys::{self, Resolve};

/// The client's files, reached from outside.
///
/// Paths are absolute ones of the client's, and every link is followed as the client would: none leads out. What is made belongs
/// to the client. Permission bits do not hinder; a read-only mount does ([`io::ErrorKind::ReadOnlyFilesystem`]).
#[derive(Debug)]
pub struct Files {
    root: OwnedFd,
    identity: Identity,
}

impl Files {
    pub(crate) fn new(root: OwnedFd, identity: Identity) -> Self {
        Self { root, identity }
    }

    /// What the file at `path` holds.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = self.open_file(path, libc::O_RDONLY)?;
        file.with(|file| file.read_to_end(&mut bytes))?;
        Ok(bytes)
    }

    /// Makes the file at `path`, with its missing parents, or replaces what it holds. A new one has the bits 0644.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        match self.open_file(path, libc::O_WRONLY | libc::O_TRUNC) {
            Ok(file) => return file.with(|file| file.write_all(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.make_directories(parent)?;
        }
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL;
        let file = self.in_writable_parent(path, |parent, name| {
            Ok(sys::open_at(parent, name, flags, 0o644, Resolve::InRoot)?)
        })?;
        let mut file = File::from(sys::owned(file));
        file.set_permissions(Permissions::from_mode(0o644))?;
        self.identity.give_to_client(file.as_fd())?;
        file.write_all(bytes)
    }

    /// Makes the directory at `path`, with its missing parents. That it is there already is no error.
    pub fn make_directories(&self, path: &str) -> io::Result<()> {
        if path.is_empty() || self.exists(path) {
            return Ok(());
        }
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.make_directories(parent)?;
        }
        self.in_writable_parent(path, |parent, name| {
            sys::make_directory(parent, name, 0o755)?;
            let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW;
            let made = sys::open_at(parent, name, flags, 0, Resolve::InRoot)?;
            let made = File::from(sys::owned(made));
            // The umask is the process's, and not ours to change.
            made.set_permissions(Permissions::from_mode(0o755))?;
            self.identity.give_to_client(made.as_fd())
        })
    }

    /// Cuts the file at `path` to `length` bytes, or lengthens it with NULs.
    pub fn truncate(&self, path: &str, length: u64) -> io::Result<()> {
        self.open_file(path, libc::O_WRONLY)?
            .with(|file| file.set_len(length))
    }

    /// Overwrites bytes of the file at `path`; a negative `offset` counts from its end.
    pub fn overwrite_at(&self, path: &str, offset: i64, bytes: &[u8]) -> io::Result<()> {
        let from = if offset < 0 {
            SeekFrom::End(offset)
        } else {
            SeekFrom::Start(offset.unsigned_abs())
        };
        self.open_file(path, libc::O_WRONLY)?.with(|file| {
            file.seek(from)?;
            file.write_all(bytes)
        })
    }

    /// Sets the permission bits of a file or directory.
    pub fn chmod(&self, path: &str, mode: u32) -> io::Result<()> {
        let found = self.open(path, libc::O_PATH)?;
        set_mode(found.as_raw_fd(), mode)
    }

    /// The permission bits of a file or directory.
    pub fn mode(&self, path: &str) -> io::Result<u32> {
        let found = File::from(self.open(path, libc::O_PATH)?);
        Ok(found.metadata()?.permissions().mode() & 0o7777)
    }

    /// Whether there is something at `path`, links followed.
    pub fn exists(&self, path: &str) -> bool {
        self.open(path, libc::O_PATH).is_ok()
    }

    /// The names in the directory at `path`, sorted.
    pub fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let directory = Opened::new(self, path, libc::O_RDONLY | libc::O_DIRECTORY, 0o500)?;
        let mut names: Vec<String> = entries(directory.file.as_raw_fd())?
            .into_iter()
            .map(|entry| entry.name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Removes the file, link or directory at `path` with everything in it. That it is not there is
    /// [`io::ErrorKind::NotFound`].
    pub fn remove_all(&self, path: &str) -> io::Result<()> {
        self.in_writable_parent(path, remove)
    }

    fn open(&self, path: &str, flags: i32) -> io::Result<OwnedFd> {
        let path = CString::new(path)?;
        let fd = sys::open_at(self.root.as_raw_fd(), &path, flags, 0, Resolve::InRoot)?;
        Ok(sys::owned(fd))
    }

    fn open_file(&self, path: &str, flags: i32) -> io::Result<Opened> {
        Opened::new(self, path, flags, 0o600)
    }

    /// Does something in the directory that holds the last part of `path`, with write permission there.
    fn in_writable_parent<T>(
        &self,
        path: &str,
        act: impl FnOnce(RawFd, &CStr) -> io::Result<T>,
    ) -> io::Result<T> {
        let (parent, name) = path
            .rsplit_once('/')
            .filter(|(_, name)| !matches!(*name, "" | "." | ".."))
            .ok_or(io::ErrorKind::InvalidInput)?;
        let parent = if parent.is_empty() { "/" } else { parent };
        let name = CString::new(name)?;
        let directory = Opened::new(self, parent, libc::O_RDONLY | libc::O_DIRECTORY, 0o700)?;
        directory.with(|directory| {
            let before = directory.metadata()?.permissions().mode() & 0o7777;
            if before & 0o300 == 0o300 {
                return act(directory.as_raw_fd(), &name);
            }
            directory.set_permissions(Permissions::from_mode(before | 0o700))?;
            let result = act(directory.as_raw_fd(), &name);
            directory.set_permissions(Permissions::from_mode(before))?;
            result
        })
    }
}

/// An opened file whose permission bits, where they hindered, were changed for the opening.
struct Opened {
    file: File,
}

impl Opened {
    /// Opens with `flags`; where the bits forbid it to their owner, they are `needed` for that moment.
    fn new(files: &Files, path: &str, flags: i32, needed: u32) -> io::Result<Self> {
        let file = match files.open(path, flags) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let found = files.open(path, libc::O_PATH)?;
                let metadata = File::from(found.try_clone()?).metadata()?;
                let before = metadata.permissions().mode() & 0o7777;
                set_mode(found.as_raw_fd(), before | needed)?;
                let opened = files.open(path, flags);
                set_mode(found.as_raw_fd(), before)?;
                opened?
            }
            other => other?,
        };
        Ok(Self {
            file: File::from(file),
        })
    }

    fn with<T>(mut self, act: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        act(&mut self.file)
    }
}

/// chmod of what an `O_PATH` descriptor stands for, which fchmod(2) refuses.
fn set_mode(fd: RawFd, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(format!("/proc/self/fd/{fd}"), Permissions::from_mode(mode))
}

struct DirectoryEntry {
    name: CString,
    is_directory: bool,
}

/// What a directory holds, but for `.` and `..`.
fn entries(directory: RawFd) -> io::Result<Vec<DirectoryEntry>> {
    let mut found = Vec::new();
    let mut buffer = vec![0; 32 << 10];
    loop {
        let length = sys::read_directory(directory, &mut buffer)?;
        if length == 0 {
            return Ok(found);
        }
        for entry in sys::DirectoryEntries::new(buffer.get(..length).unwrap_or_default()) {
            if !matches!(entry.name.to_bytes(), b"." | b"..") {
                found.push(DirectoryEntry {
                    name: entry.name.to_owned(),
                    is_directory: entry.kind == libc::DT_DIR,
                });
            }
        }
    }
}

/// Removes `name` in the directory `parent`, whatever the permission bits below say.
fn remove(parent: RawFd, name: &CStr) -> io::Result<()> {
    match sys::unlink_at(parent, name, 0) {
        Err(sys::Errno(libc::EISDIR | libc::EPERM)) => {}
        other => return Ok(other?),
    }
    // Only a directory itself is entered: a link was removed above.
    let path = libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let found = sys::owned(sys::open_at(parent, name, path, 0, Resolve::NoLinks)?);
    set_mode(found.as_raw_fd(), 0o700)?;
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let directory = sys::owned(sys::open_at(parent, name, flags, 0, Resolve::NoLinks)?);
    for entry in entries(directory.as_raw_fd())? {
        if entry.is_directory {
            remove(directory.as_raw_fd(), &entry.name)?;
        } else {
            sys::unlink_at(directory.as_raw_fd(), &entry.name, 0)?;
        }
    }
    Ok(sys::unlink_at(parent, name, libc::AT_REMOVEDIR)?)
}
