//! Signals to a command with everything that it started.

use std::os::fd::RawFd;

use crate::process::Signal;
use crate::sys;

/// Sends a signal to every process of the session that `leader` began, which no process can leave unseen but by a session of its own.
pub(super) fn signal(leader: i32, signal: Signal) {
    if leader <= 1 {
        return;
    }
    match signal {
        Signal::Kill => kill(leader),
        // Who survives it would get it twice from a second round.
        Signal::Interrupt | Signal::Quit => {
            signal_members(leader, signal);
        }
    }
}

fn kill(leader: i32) {
    // Processes may fork while the list is read: it is read again until it holds nobody new.
    let _gone = sys::kill(-leader, libc::SIGKILL);
    let mut rounds = 0;
    while signal_members(leader, Signal::Kill) && rounds < 16 {
        rounds += 1;
    }
}

/// Whether there was somebody left.
fn signal_members(leader: i32, signal: Signal) -> bool {
    let Ok(directory) = sys::open(c"/proc", libc::O_RDONLY | libc::O_DIRECTORY) else {
        return false;
    };
    let mut found = false;
    let mut entries = [0_u8; 4096];
    while let Ok(length @ 1..) = sys::read_directory(directory, &mut entries) {
        let entries = sys::DirectoryEntries::new(entries.get(..length).unwrap_or_default());
        for pid in entries.filter_map(|entry| number(entry.name.to_bytes())) {
            if pid > 1 && alive_in_session(directory, pid, leader) {
                found |= sys::kill(pid, signal.number()).is_ok();
            }
        }
    }
    sys::close(directory);
    found
}

/// The decimal number that `text` begins with, if it is one up to a blank or the end.
fn number(text: &[u8]) -> Option<i32> {
    let mut value = 0_i32;
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(i32::from(byte - b'0'))?;
            }
            b' ' if index > 0 => return Some(value),
            _ => return None,
        }
    }
    (!text.is_empty()).then_some(value)
}

fn alive_in_session(proc_directory: RawFd, pid: i32, leader: i32) -> bool {
    let mut path = [0_u8; 24];
    let mut buffer = [0_u8; 512];
    let Some(length) = sys::open_stat(proc_directory, pid, &mut path)
        .ok()
        .and_then(|file| {
            let length = sys::read(file, &mut buffer);
            sys::close(file);
            length.ok()
        })
    else {
        return false;
    };
    let stat = buffer.get(..length).unwrap_or_default();
    // The name in brackets may hold anything; after it: state, parent, process group, session (proc_pid_stat(5)).
    let Some(end) = stat.iter().rposition(|byte| *byte == b')') else {
        return false;
    };
    let mut fields = stat
        .get(end + 2..)
        .unwrap_or_default()
        .split(|byte| *byte == b' ');
    let dead = matches!(fields.next(), Some(b"Z" | b"X") | None);
    !dead && fields.nth(2).and_then(number) == Some(leader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_are_numbers() {
        assert_eq!(number(b"123 S"), Some(123));
        assert_eq!(number(b"7"), Some(7));
        assert_eq!(number(b"12a"), None);
        assert_eq!(number(b""), None);
        assert_eq!(number(b"99999999999"), None);
    }
}
