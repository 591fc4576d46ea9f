//! Running a command to its end.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::thread;

use modfault_sandbox::{Command, End, Process, Sandbox};

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) end: End,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Runs a command and reads what it prints.
pub(crate) fn run(sandbox: &Sandbox, command: &Command) -> Done {
    finish(sandbox.spawn(command).unwrap())
}

/// Reads what a command prints until it has ended.
pub(crate) fn finish(mut process: Process) -> Done {
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    thread::scope(|scope| {
        let stderr = scope.spawn(|| stderr.map(read_all).unwrap_or_default());
        let stdout = stdout.map(read_all).unwrap_or_default();
        Done {
            end: process.wait().unwrap().end,
            stdout,
            stderr: stderr.join().unwrap(),
        }
    })
}

/// What a command printed, as text.
pub(crate) fn stdout(done: &Done) -> &str {
    std::str::from_utf8(&done.stdout).unwrap()
}

fn read_all(fd: OwnedFd) -> Vec<u8> {
    let mut file = File::from(fd);
    let mut bytes = Vec::new();
    loop {
        match file.read_to_end(&mut bytes) {
            Ok(_) => return bytes,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => wait_readable(&file),
            // A terminal whose last user is gone answers EIO.
            Err(_) => return bytes,
        }
    }
}

fn wait_readable(file: &File) {
    use std::os::fd::AsRawFd;
    let mut poll = libc::pollfd {
        fd: file.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    #[expect(unsafe_code, reason = "std has no poll")]
    // SAFETY: one entry, which lives through the call.
    unsafe {
        libc::poll(&raw mut poll, 1, -1);
    }
}
