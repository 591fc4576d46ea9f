//! From init's fork to the command's exec.

use std::ffi::CStr;
use std::os::fd::{IntoRawFd, RawFd};

use crate::command::{Image, Place, User};
use crate::control::Spawn;
use crate::identity::CLIENT_ID;
use crate::process::{Report, Stage};
use crate::script::fixed;
use crate::sys::{self, Errno, Fork, Held, OnExec, Received, Sys};

/// A command that was started.
pub(super) struct Started {
    /// Its number inside.
    pub(super) pid: i32,
    /// A descriptor of the process.
    pub(super) process: RawFd,
    /// Its terminal's other end, or `-1`.
    pub(super) terminal: RawFd,
}

/// Where a command's three standard descriptors lead.
#[derive(Clone, Copy)]
enum Standard {
    Pipes { out: RawFd, error: RawFd },
    Terminal(RawFd),
}

/// Forks a command.
#[expect(
    unsafe_code,
    reason = "a fork of a fork of a process with many threads"
)]
pub(super) fn start(
    spawn: &Spawn,
    image: RawFd,
    report: RawFd,
    passed: &Received,
    client: u32,
) -> Sys<Started> {
    let (standard, terminal, gate) = if spawn.terminal {
        let (master, slave) = terminal(client)?;
        let [_, _, gate, ..] = *passed;
        (Standard::Terminal(slave), master, gate)
    } else {
        let [_, _, out, error, gate, ..] = *passed;
        (Standard::Pipes { out, error }, -1, gate)
    };
    let gate = (gate >= 0).then_some(gate);
    // SAFETY: the child keeps to `sys`, and execs or exits.
    let forked = unsafe { sys::fork(0, libc::SIGCHLD) };
    match forked {
        Ok(Fork::Child) => {
            let (stage, errno) = become_command(spawn, image, standard, gate, client);
            let _unheard = sys::write(report, &Report::failed(stage, errno).to_bytes());
            sys::exit(stage.status(errno))
        }
        Ok(Fork::Parent(pid, process)) => {
            if let Standard::Terminal(slave) = standard {
                sys::close(slave);
            }
            Ok(Started {
                pid,
                process: process.into_raw_fd(),
                terminal,
            })
        }
        Err(errno) => {
            if let Standard::Terminal(slave) = standard {
                sys::close(slave);
                sys::close(terminal);
            }
            Err(errno)
        }
    }
}

/// A new pseudo-terminal that belongs to the client.
fn terminal(client: u32) -> Sys<(RawFd, RawFd)> {
    sys::make_files_as(client);
    let master = sys::open(c"/dev/ptmx", libc::O_RDWR | libc::O_NOCTTY);
    sys::make_files_as(0);
    let master = master?;
    let slave = sys::open_terminal(master).inspect_err(|_| sys::close(master))?;
    Ok((master, slave))
}

/// Does everything between fork and exec; returns only what went wrong, and where.
fn become_command(
    spawn: &Spawn,
    image: RawFd,
    standard: Standard,
    gate: Option<RawFd>,
    client: u32,
) -> (Stage, Errno) {
    if let Err(errno) = connect(standard) {
        return (Stage::Setup, errno);
    }
    let image = match sys::map_private(image, spawn.size as usize) {
        Ok(bytes) => Image::new(bytes),
        Err(errno) => return (Stage::Setup, errno),
    };
    let entered = match spawn.place {
        Place::Client => sys::enter_network(fixed::CLIENT),
        // Init is there already.
        Place::Internet => Ok(()),
    };
    let dressed = entered.and_then(|()| match spawn.user {
        User::Client => become_client(client),
        User::Root => Ok(()),
    });
    if let Err(errno) = dressed {
        return (Stage::Setup, errno);
    }
    sys::set_umask(0o022);
    sys::hold_signals(Held::None);
    if let Err(errno) = image.enter_directory() {
        return (Stage::Directory, errno);
    }
    let released = gate.map_or(Ok(()), wait_for_release);
    if let Err(errno) = released.and_then(|()| image.filter()) {
        return (Stage::Setup, errno);
    }
    image.run()
}

/// Says that it is here, and sleeps until a byte comes. Its end without one means that nobody is left who could send it.
fn wait_for_release(gate: RawFd) -> Sys<()> {
    // Init keeps its memory to itself, and so would a copy of it: an ordinary caller could not trace it.
    sys::set_process_option(libc::PR_SET_DUMPABLE, 1)?;
    // Where nobody is left to hear it, the reading says so.
    let _unheard = sys::send(gate, &[1], &[]);
    let mut byte = [0];
    loop {
        match sys::read(gate, &mut byte) {
            Ok(0) => return Err(Errno(libc::ECANCELED)),
            Ok(_) => return Ok(()),
            Err(Errno(libc::EINTR)) => {}
            Err(errno) => return Err(errno),
        }
    }
}

fn connect(standard: Standard) -> Sys<()> {
    sys::new_session()?;
    let (input, out, error) = match standard {
        Standard::Pipes { out, error } => (sys::open(c"/dev/null", libc::O_RDONLY)?, out, error),
        Standard::Terminal(slave) => {
            sys::take_terminal(slave)?;
            (slave, slave, slave)
        }
    };
    for (from, to) in [(input, 0), (out, 1), (error, 2)] {
        sys::duplicate_to(from, to, OnExec::Keep)?;
    }
    Ok(())
}

/// Becomes uid 1000 of a user namespace in which nothing can be gained: no capabilities, no further namespaces, no set-user-ID.
fn become_client(client: u32) -> Sys<()> {
    sys::become_user(client)?;
    // A process that changed its ids does not own its own /proc files until it says that it may be looked at.
    sys::set_process_option(libc::PR_SET_DUMPABLE, 1)?;
    sys::unshare(libc::CLONE_NEWUSER)?;
    set(c"/proc/self/setgroups", b"deny")?;
    let mut map = [0; 32];
    let map = id_map(&mut map, client);
    set(c"/proc/self/uid_map", map)?;
    set(c"/proc/self/gid_map", map)?;
    set(c"/proc/sys/user/max_user_namespaces", b"0")?;
    sys::set_process_option(libc::PR_SET_NO_NEW_PRIVS, 1)?;
    sys::drop_capabilities()
}

fn set(path: &CStr, value: &[u8]) -> Sys<()> {
    let file = sys::open(path, libc::O_WRONLY)?;
    let result = sys::write_all(file, value);
    sys::close(file);
    result
}

/// `1000 CLIENT 1`, written without allocation.
fn id_map(buffer: &mut [u8; 32], client: u32) -> &[u8] {
    let mut length = 0;
    for (number, end) in [(CLIENT_ID, b' '), (client, b' '), (1, b'\n')] {
        let mut divisor = 1_000_000_000;
        let mut started = false;
        while divisor > 0 {
            let digit = number / divisor % 10;
            started |= digit != 0 || divisor == 1;
            if started && let Some(to) = buffer.get_mut(length) {
                *to = b'0' + digit as u8;
                length += 1;
            }
            divisor /= 10;
        }
        if let Some(to) = buffer.get_mut(length) {
            *to = end;
            length += 1;
        }
    }
    buffer.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_map_is_written_in_decimal() {
        assert_eq!(id_map(&mut [0; 32], 0), b"1000 0 1\n");
        assert_eq!(id_map(&mut [0; 32], 4_294_967_294), b"1000 4294967294 1\n");
    }
}
