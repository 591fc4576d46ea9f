//! The memory of a traced process.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;

/// The memory of one process, written also where the process itself may only read: such pages become its own copies
/// (proc_pid_mem(5)).
#[derive(Debug)]
pub(crate) struct Memory(File);

impl Memory {
    /// The memory of `pid` as it is now; after an execve(2) it is another.
    pub(crate) fn of(pid: i32) -> io::Result<Self> {
        let path = format!("/proc/{pid}/mem");
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map(Self)
    }

    pub(crate) fn read<const N: usize>(&self, address: u64) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.read_exact_at(&mut bytes, address)?;
        Ok(bytes)
    }

    /// `N` words of 64 bits.
    pub(crate) fn words<const N: usize>(&self, address: u64) -> io::Result<[u64; N]> {
        let mut words = [0; N];
        for (index, word) in words.iter_mut().enumerate() {
            *word = u64::from_ne_bytes(self.read(address.wrapping_add(index as u64 * 8))?);
        }
        Ok(words)
    }

    pub(crate) fn write(&self, address: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, address)
    }

    pub(crate) fn write_words(&self, address: u64, words: &[u64]) -> io::Result<()> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        self.write(address, &bytes)
    }
}
