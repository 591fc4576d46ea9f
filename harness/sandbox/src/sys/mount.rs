//! Mounts and namespaces.

use std::ffi::CStr;
use std::os::fd::RawFd;

use super::{Sys, call, number, pointer, text};

/// How a tree of mounts may be used once it is in the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read-only; set-user-ID bits do nothing.
    ReadOnly,
    /// Writable; set-user-ID bits do nothing.
    ReadWrite,
}

#[repr(C)]
struct MountAttributes {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

const RDONLY: u64 = 0x1;
const NOSUID: u64 = 0x2;
const OPEN_TREE_CLONE: i32 = 1;
const AT_RECURSIVE: i32 = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH: usize = 4;

/// mount(2).
#[expect(unsafe_code, reason = "std has no mounts")]
pub(crate) fn mount(
    source: &CStr,
    target: &CStr,
    kind: &CStr,
    flags: u64,
    options: &CStr,
) -> Sys<()> {
    // SAFETY: every text ends in NUL.
    unsafe {
        call(
            libc::SYS_mount,
            [
                text(source),
                text(target),
                text(kind),
                flags as usize,
                text(options),
                0,
            ],
        )?;
    }
    Ok(())
}

/// open_tree(2) with `OPEN_TREE_CLONE`: a detached copy of what is mounted at and below `path`.
#[expect(unsafe_code, reason = "open_tree is reached by number only")]
pub(crate) fn clone_tree(path: &CStr) -> Sys<RawFd> {
    // Without AT_RECURSIVE a tree with mounts that an outer namespace locked is refused.
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | AT_RECURSIVE;
    // SAFETY: `path` ends in NUL.
    let fd = unsafe {
        call(
            libc::SYS_open_tree,
            [number(libc::AT_FDCWD), text(path), number(flags), 0, 0, 0],
        )?
    };
    Ok(fd as RawFd)
}

/// mount_setattr(2) on a whole detached tree.
#[expect(unsafe_code, reason = "mount_setattr is reached by number only")]
pub(crate) fn restrict_tree(tree: RawFd, access: Access) -> Sys<()> {
    let attributes = MountAttributes {
        set: match access {
            Access::ReadOnly => RDONLY | NOSUID,
            Access::ReadWrite => NOSUID,
        },
        clear: 0,
        propagation: 0,
        user_namespace: 0,
    };
    // SAFETY: the path is empty and ends in NUL; the attributes live through the call, with their size given.
    unsafe {
        call(
            libc::SYS_mount_setattr,
            [
                number(tree),
                text(c""),
                number(libc::AT_EMPTY_PATH | AT_RECURSIVE),
                pointer(&attributes),
                size_of::<MountAttributes>(),
                0,
            ],
        )?;
    }
    Ok(())
}

/// move_mount(2): a detached tree gets its place.
#[expect(unsafe_code, reason = "move_mount is reached by number only")]
pub(crate) fn attach_tree(tree: RawFd, target: &CStr) -> Sys<()> {
    // SAFETY: both texts end in NUL.
    unsafe {
        call(
            libc::SYS_move_mount,
            [
                number(tree),
                text(c""),
                number(libc::AT_FDCWD),
                text(target),
                MOVE_MOUNT_F_EMPTY_PATH,
                0,
            ],
        )?;
    }
    Ok(())
}

/// Makes the working directory the root and takes the old root away (pivot_root(2), "pivot_root(".", ".")").
#[expect(unsafe_code, reason = "std has no pivot_root")]
pub(crate) fn enter_root() -> Sys<()> {
    // SAFETY: both texts end in NUL.
    unsafe {
        call(libc::SYS_pivot_root, [text(c"."), text(c"."), 0, 0, 0, 0])?;
    }
    detach(c".")
}

/// umount2(2), lazily.
#[expect(unsafe_code, reason = "std has no mounts")]
pub(crate) fn detach(path: &CStr) -> Sys<()> {
    // SAFETY: `path` ends in NUL.
    unsafe {
        call(
            libc::SYS_umount2,
            [text(path), number(libc::MNT_DETACH), 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// unshare(2).
#[expect(unsafe_code, reason = "std has no namespaces")]
pub(crate) fn unshare(flags: i32) -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(libc::SYS_unshare, [number(flags), 0, 0, 0, 0, 0])?;
    }
    Ok(())
}

/// setns(2) into a network namespace.
#[expect(unsafe_code, reason = "std has no namespaces")]
pub(crate) fn enter_network(namespace: RawFd) -> Sys<()> {
    // SAFETY: no memory is involved.
    unsafe {
        call(
            libc::SYS_setns,
            [number(namespace), number(libc::CLONE_NEWNET), 0, 0, 0, 0],
        )?;
    }
    Ok(())
}

/// sethostname(2).
#[expect(unsafe_code, reason = "std cannot set it")]
pub(crate) fn set_host_name(name: &[u8]) -> Sys<()> {
    // SAFETY: `name` is readable for its length.
    unsafe {
        call(
            libc::SYS_sethostname,
            [pointer(name), name.len(), 0, 0, 0, 0],
        )?;
    }
    Ok(())
}
