//! A stopped thread's registers, as far as a system call is concerned.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::Registers;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::Registers;

/// A system call as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Its number.
    pub(crate) number: i64,
    /// Its arguments.
    pub(crate) arguments: [u64; 6],
}

impl Call {
    /// An argument as the C `int` that the kernel takes it for.
    pub(crate) fn int(&self, index: usize) -> i32 {
        self.arguments.get(index).map_or(0, |word| *word as i32)
    }

    /// An argument as an address, or any other word.
    pub(crate) fn word(&self, index: usize) -> u64 {
        self.arguments.get(index).copied().unwrap_or(0)
    }

    /// The same with another argument.
    pub(crate) fn with(mut self, index: usize, word: u64) -> Self {
        if let Some(argument) = self.arguments.get_mut(index) {
            *argument = word;
        }
        self
    }
}

/// The kernel's own results of a call that a signal interrupted and that it may begin again; no program ever sees them
/// (include/linux/errno.h).
const RESTARTS: [i64; 4] = [-512, -513, UNLESS_CAUGHT, -516];
/// It is begun again as it was asked for, unless the signal has a handler (ERESTARTNOHAND): so do timed waits.
const UNLESS_CAUGHT: i64 = -514;

/// Whether `result`, at the end of a call, says that a signal interrupted it.
pub(crate) fn interrupted(result: i64) -> bool {
    RESTARTS.contains(&result) || result == -i64::from(libc::EINTR)
}
