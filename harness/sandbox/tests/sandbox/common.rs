//! Running a command to its end.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
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

/// What a command printed to standard error, as text.
pub(crate) fn stderr(done: &Done) -> &str {
    std::str::from_utf8(&done.stderr).unwrap()
}

/// A shell script with the usual PATH.
pub(crate) fn script(text: &str) -> Command {
    Command::new(["sh", "-c", text]).env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
}

/// Everything until the end of a non-blocking descriptor.
pub(crate) fn read_all(fd: OwnedFd) -> Vec<u8> {
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

/// Waits until there is something to read.
pub(crate) fn wait_readable(file: &File) {
    wait_any([file.as_raw_fd()]).unwrap();
}

/// Waits until one of them can be read.
pub(crate) fn wait_any<const N: usize>(descriptors: [RawFd; N]) -> std::io::Result<()> {
    let mut poll = descriptors.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    #[expect(unsafe_code, reason = "std has no poll")]
    // SAFETY: the entries live through the call.
    let result = unsafe { libc::poll(poll.as_mut_ptr(), N as libc::nfds_t, -1) };
    if result < 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

/// Connects a socket that is not connected yet.
pub(crate) fn connect(socket: &OwnedFd, address: SocketAddrV4) {
    let address = libc::sockaddr_in {
        sin_family: libc::AF_INET as u16,
        sin_port: address.port().to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_ne_bytes(address.ip().octets()),
        },
        sin_zero: [0; 8],
    };
    #[expect(unsafe_code, reason = "std connects only sockets that it makes")]
    // SAFETY: the address lives through the call and has the size that is given.
    let result = unsafe {
        libc::connect(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of_val(&address) as libc::socklen_t,
        )
    };
    let error = std::io::Error::last_os_error();
    assert!(
        result == 0 || error.raw_os_error() == Some(libc::EINPROGRESS),
        "{error}"
    );
}
