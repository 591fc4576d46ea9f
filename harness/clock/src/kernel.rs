//! What the kernel itself still has to do.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Packets that the kernel has taken from one interface and not yet given to the next or to a socket.
#[derive(Debug)]
pub(crate) struct Backlog(File);

impl Backlog {
    pub(crate) fn open() -> io::Result<Self> {
        File::open("/proc/net/softnet_stat").map(Self)
    }

    /// Whether there are none, on any processor. Those of other machines count as well: a moment's wait, nothing worse.
    pub(crate) fn is_empty(&self) -> io::Result<bool> {
        let mut text = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match self.0.read_at(&mut chunk, text.len() as u64)? {
                0 => break,
                length => text.extend_from_slice(chunk.get(..length).unwrap_or_default()),
            }
        }
        Ok(empty(&String::from_utf8_lossy(&text)))
    }
}

/// One line a processor, numbers in hexadecimal; the twelfth is the length of its backlog (net/core/net-procfs.c). Kernels before 5.10
/// do not say it.
fn empty(text: &str) -> bool {
    text.lines().all(|line| {
        line.split_ascii_whitespace()
            .nth(11)
            .is_none_or(|length| length.bytes().all(|digit| digit == b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_on_any_processor_is_a_backlog() {
        let line = |length: &str| format!("{}{length} 00000001 00000000\n", "0000000d ".repeat(11));
        assert!(empty(&(line("00000000") + &line("00000000"))));
        assert!(!empty(&(line("00000000") + &line("00000001"))));
    }

    #[test]
    fn this_kernel_says_it() {
        Backlog::open().unwrap().is_empty().unwrap();
    }
}
