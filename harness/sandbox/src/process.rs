//! A command that was started, and how it ends.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use crate::control::{Control, What};
use crate::sys::{Errno, Reaped};

/// A running command.
///
/// As a descriptor it is the pipe that becomes readable when the command has ended: register it with a reactor and call
/// [`Process::try_wait`]. Dropping it leaves the command running, until the sandbox ends.
#[derive(Debug)]
pub struct Process {
    /// What it prints, non-blocking; the terminal's other end, where it has one. Take it to read it.
    pub stdout: Option<OwnedFd>,
    /// What it prints to standard error, non-blocking; `None` where it has a terminal.
    pub stderr: Option<OwnedFd>,
    pub(crate) pid: i32,
    pub(crate) process: OwnedFd,
    pub(crate) report: File,
    pub(crate) control: Arc<Control>,
    pub(crate) failure: Option<Failure>,
    /// What a held command waits for.
    pub(crate) gate: Option<UnixStream>,
    /// Whether it has come there.
    pub(crate) is_held: bool,
}

/// A signal for a command (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: what a person's Ctrl-C sends; tcpdump says what it has and ends.
    Interrupt,
    /// SIGQUIT: go prints what its goroutines wait for, and ends.
    Quit,
    /// SIGKILL: nobody can refuse it.
    Kill,
}

impl Signal {
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Interrupt => libc::SIGINT,
            Self::Quit => libc::SIGQUIT,
            Self::Kill => libc::SIGKILL,
        }
    }

    pub(crate) fn from_number(number: i32) -> Option<Self> {
        [Self::Interrupt, Self::Quit, Self::Kill]
            .into_iter()
            .find(|signal| signal.number() == number)
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessExit {
    /// Its end.
    pub end: End,
    /// User time of it and of its waited-for descendants.
    pub user_time: Duration,
    /// System time of it and of its waited-for descendants.
    pub system_time: Duration,
    /// Its largest resident set, in bytes.
    pub peak_memory: u64,
}

/// The end of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It exited with this status.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// It is nowhere on the PATH, or its interpreter is missing: what a shell calls 127.
    NotFound,
    /// It is there and cannot be executed, for this errno: what a shell calls 126.
    NotExecutable(i32),
    /// Its directory cannot be entered, for this errno.
    NoDirectory(i32),
    /// The sandbox could not make the process what it was to be, for this errno.
    NotSetUp(i32),
}

impl Process {
    /// Its number inside the sandbox.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// A descriptor of the process itself (pidfd_open(2)).
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }

    /// Its number outside: the one by which our own process knows it. ESRCH where it has ended.
    pub fn outside_pid(&self) -> io::Result<i32> {
        let path = format!("/proc/self/fdinfo/{}", self.process.as_raw_fd());
        number_in(&fs::read_to_string(path)?)
            .ok_or_else(|| io::Error::from_raw_os_error(libc::ESRCH))
    }

    /// Waits until a held command is what it was to be, and held: before, an ordinary caller may not trace it. Returns at once where
    /// it is not held, and where it has ended before.
    pub fn wait_until_held(&mut self) -> io::Result<()> {
        if let Some(gate) = &mut self.gate
            && !self.is_held
        {
            // Nothing comes from one that could not be set up; its end says why.
            let _arrived = gate.read(&mut [0])?;
            self.is_held = true;
        }
        Ok(())
    }

    /// Lets a held command go on; does nothing where it is not held or was released before. That it has ended already is no error:
    /// how it ended says why.
    pub fn release(&mut self) -> io::Result<()> {
        self.wait_until_held()?;
        let Some(mut gate) = self.gate.take() else {
            return Ok(());
        };
        match gate.write_all(&[1]) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Kills it and everything in its session with SIGKILL. That it has ended already is no error; that the sandbox has ended is one.
    pub fn kill(&self) -> io::Result<()> {
        self.signal(Signal::Kill)
    }

    /// Sends a signal to it and to everything in its session, whatever their process groups; all but SIGKILL are sent to each
    /// once. That it has ended already is no error; that the sandbox has ended is one.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        self.control.ask(What::Signal(self.pid, signal), &[])?;
        Ok(())
    }

    /// How it ended, if it has. An error means that the sandbox ended first ([`io::ErrorKind::BrokenPipe`]).
    pub fn try_wait(&mut self) -> io::Result<Option<ProcessExit>> {
        loop {
            let mut bytes = [0; Report::SIZE];
            // A report is shorter than what a pipe takes at once: it comes whole.
            match self.report.read(&mut bytes) {
                Ok(Report::SIZE) => match Report::parse(&bytes) {
                    Report::Failed(failure) => self.failure = Some(failure),
                    Report::Ended(mut exit) => {
                        if let Some(failure) = self.failure {
                            exit.end = failure.end();
                        }
                        return Ok(Some(exit));
                    }
                },
                Ok(_) => return Err(io::Error::from(io::ErrorKind::BrokenPipe)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for its end. Whoever reads its output meanwhile keeps it from waiting for us.
    pub fn wait(&mut self) -> io::Result<ProcessExit> {
        loop {
            if let Some(exit) = self.try_wait()? {
                return Ok(exit);
            }
            crate::sys::wait_readable([self.report.as_raw_fd()]);
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.report.as_fd()
    }
}

impl AsRawFd for Process {
    fn as_raw_fd(&self) -> RawFd {
        self.report.as_raw_fd()
    }
}

impl End {
    /// The status that a shell would see.
    pub fn status(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
            Self::NotFound => 127,
            Self::NotExecutable(_) => 126,
            Self::NoDirectory(_) | Self::NotSetUp(_) => 125,
        }
    }
}

/// The process's number in what `/proc/self/fdinfo` says about a pidfd (pidfd_open(2)): 0 if it is in none of our namespaces, -1 if it
/// was reaped.
fn number_in(information: &str) -> Option<i32> {
    let number = information
        .lines()
        .find_map(|line| line.strip_prefix("Pid:"))?;
    number.trim().parse().ok().filter(|number| *number > 0)
}

/// Between fork and exec: where it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Becoming the right user in the right place.
    Setup,
    /// Entering the directory.
    Directory,
    /// Executing.
    Exec,
}

impl Stage {
    /// The status to exit with.
    pub(crate) fn status(self, errno: Errno) -> i32 {
        Failure { stage: self, errno }.end().status()
    }
}

/// A command that never came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    stage: Stage,
    errno: Errno,
}

impl Failure {
    fn end(self) -> End {
        let Errno(errno) = self.errno;
        match (self.stage, errno) {
            (Stage::Exec, libc::ENOENT | libc::ENOTDIR) => End::NotFound,
            (Stage::Exec, _) => End::NotExecutable(errno),
            (Stage::Directory, _) => End::NoDirectory(errno),
            (Stage::Setup, _) => End::NotSetUp(errno),
        }
    }
}

/// What travels over a report pipe: five words of eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Failed(Failure),
    Ended(ProcessExit),
}

impl Report {
    const SIZE: usize = 40;

    pub(crate) fn failed(stage: Stage, errno: Errno) -> Self {
        Self::Failed(Failure { stage, errno })
    }

    /// From what wait4(2) gave.
    pub(crate) fn ended(reaped: &Reaped) -> Self {
        let end = match reaped.status & 0x7f {
            0 => End::Code(reaped.status >> 8 & 0xff),
            signal => End::Signal(signal),
        };
        Self::Ended(ProcessExit {
            end,
            user_time: reaped.user,
            system_time: reaped.system,
            peak_memory: reaped.peak.saturating_mul(1024),
        })
    }

    pub(crate) fn to_bytes(self) -> [u8; Self::SIZE] {
        let words = match self {
            Self::Failed(Failure { stage, errno }) => {
                let stage = match stage {
                    Stage::Setup => 0,
                    Stage::Directory => 1,
                    Stage::Exec => 2,
                };
                [0, stage, u64::from(errno.0.unsigned_abs()), 0, 0]
            }
            Self::Ended(exit) => {
                let end = match exit.end {
                    End::Signal(signal) => 1 << 32 | u64::from(signal.unsigned_abs()),
                    other => u64::from(other.status().unsigned_abs()),
                };
                [
                    1,
                    end,
                    exit.user_time.as_micros() as u64,
                    exit.system_time.as_micros() as u64,
                    exit.peak_memory,
                ]
            }
        };
        let mut bytes = [0; Self::SIZE];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    fn parse(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |at: usize| {
            let word = bytes.get(at * 8..).and_then(|rest| rest.first_chunk());
            word.map_or(0, |word| u64::from_ne_bytes(*word))
        };
        if word(0) == 0 {
            let stage = match word(1) {
                0 => Stage::Setup,
                1 => Stage::Directory,
                _ => Stage::Exec,
            };
            return Self::failed(stage, Errno(word(2) as i32));
        }
        let number = word(1) as u32 as i32;
        Self::Ended(ProcessExit {
            end: if word(1) >> 32 == 0 {
                End::Code(number)
            } else {
                End::Signal(number)
            },
            user_time: Duration::from_micros(word(2)),
            system_time: Duration::from_micros(word(3)),
            peak_memory: word(4),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_survives_the_journey() {
        for status in [0, 3 << 8, 127 << 8, 9, 9 | 0x80] {
            let report = Report::ended(&Reaped {
                pid: 2,
                status,
                user: Duration::from_micros(1_234_567),
                system: Duration::from_millis(2),
                peak: 4096,
            });
            assert_eq!(Report::parse(&report.to_bytes()), report);
        }
        let report = Report::failed(Stage::Directory, Errno(libc::EACCES));
        assert_eq!(Report::parse(&report.to_bytes()), report);
    }

    #[test]
    fn a_process_that_was_reaped_has_no_number() {
        let information = |pid| format!("pos:\t0\nflags:\t02\nPid:\t{pid}\nNSpid:\t{pid}\t2\n");
        assert_eq!(number_in(&information(4711)), Some(4711));
        assert_eq!(number_in(&information(-1)), None);
        assert_eq!(number_in("pos:\t0\n"), None);
    }

    #[test]
    fn a_missing_program_differs_from_one_that_may_not_run() {
        let end = |errno| {
            Failure {
                stage: Stage::Exec,
                errno: Errno(errno),
            }
            .end()
        };
        assert_eq!(end(libc::ENOENT).status(), 127);
        assert_eq!(end(libc::EACCES).status(), 126);
        assert_eq!(end(libc::ENOEXEC), End::NotExecutable(libc::ENOEXEC));
    }
}
