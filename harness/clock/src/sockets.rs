//! What a socket has of time: limits to its waits, and an attempt to connect that has lasted too long.

use std::fs;
use std::io;
use std::time::Duration;

use crate::calls::SOCKET_TIMEOUTS;
use crate::memory::Memory;
use crate::registers::Call;
use crate::timescale::from_timeval;
use crate::tracees::State;

/// The time limits of a socket (socket(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SocketLimits {
    pub(crate) receive: Option<Duration>,
    pub(crate) send: Option<Duration>,
}

/// Remembers the time limit of a socket. The kernel's own stays what it is at first: none.
pub(crate) fn limit(
    call: &Call,
    process: i32,
    memory: &Memory,
    state: &mut State,
) -> io::Result<Option<i64>> {
    let sends = SOCKET_TIMEOUTS
        .iter()
        .find(|(option, _)| *option == call.int(2))
        .map(|(_, sends)| *sends);
    let (Some(sends), Some(inode)) = (sends, socket(process, call.int(0))) else {
        return Ok(None);
    };
    let Some(limit) = from_timeval(memory.words(call.word(3))?) else {
        return Ok(None);
    };
    let limits = state.sockets.entry(inode).or_default();
    let to = if sends {
        &mut limits.send
    } else {
        &mut limits.receive
    };
    *to = (!limit.is_zero()).then_some(limit);
    Ok(Some(0))
}

/// Tells what the kernel says of an attempt to connect that has lasted too long.
pub(crate) fn tell_given_up(
    call: &Call,
    process: i32,
    memory: &Memory,
    state: &mut State,
) -> io::Result<Option<i64>> {
    if state.given_up.is_empty() {
        return Ok(None);
    }
    let inode = socket(process, call.int(0));
    if !inode.is_some_and(|inode| state.given_up.remove(&inode)) {
        return Ok(None);
    }
    memory.write(call.word(3), &libc::ETIMEDOUT.to_ne_bytes())?;
    memory.write(call.word(4), &(size_of::<i32>() as u32).to_ne_bytes())?;
    Ok(Some(0))
}

/// The inode of the socket that descriptor `number` of `process` is.
pub(crate) fn socket(process: i32, number: i32) -> Option<u64> {
    let link = fs::read_link(format!("/proc/{process}/fd/{number}")).ok()?;
    link.to_str()?
        .strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}
