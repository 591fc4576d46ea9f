//! Registers of x86-64: number in orig_rax, arguments in rdi rsi rdx r10 r8 r9, result in rax (syscall(2)).

use std::io;

use libc::c_void;

use super::{Call, UNLESS_CAUGHT};

/// All general registers of a stopped thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    all: libc::user_regs_struct,
}

impl Registers {
    /// Reads them.
    #[expect(unsafe_code, reason = "the kernel writes a plain structure")]
    pub(crate) fn of(tid: i32) -> io::Result<Self> {
        let mut all = std::mem::MaybeUninit::<libc::user_regs_struct>::zeroed();
        let to = all.as_mut_ptr().cast::<c_void>();
        // SAFETY: PTRACE_GETREGS writes one user_regs_struct to `to`; all zeroes are a valid one where it fails.
        let (result, all) = unsafe {
            (
                libc::ptrace(libc::PTRACE_GETREGS, tid, 0_usize, to),
                all.assume_init(),
            )
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { all })
    }

    /// Writes them.
    #[expect(unsafe_code, reason = "the kernel reads a plain structure")]
    pub(crate) fn set(&self, tid: i32) -> io::Result<()> {
        let from = (&raw const self.all).cast::<c_void>();
        // SAFETY: PTRACE_SETREGS reads one user_regs_struct from `from`.
        let result = unsafe { libc::ptrace(libc::PTRACE_SETREGS, tid, 0_usize, from) };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// The call that it is in.
    pub(crate) fn call(&self) -> Call {
        let all = &self.all;
        Call {
            number: all.orig_rax as i64,
            arguments: [all.rdi, all.rsi, all.rdx, all.r10, all.r8, all.r9],
        }
    }

    /// At the beginning of a call: it becomes another one.
    pub(crate) fn set_call(&mut self, call: Call) {
        let all = &mut self.all;
        all.orig_rax = call.number as u64;
        [all.rdi, all.rsi, all.rdx, all.r10, all.r8, all.r9] = call.arguments;
    }

    /// At the end of a call: the registers in which it was asked for, without that of the result.
    pub(crate) fn restore(&mut self, call: Call) {
        self.set_call(call);
    }

    /// At the beginning of a call: it is not made, and this is its result.
    pub(crate) fn skip(&mut self, result: i64) {
        self.all.orig_rax = u64::MAX;
        self.all.rax = result as u64;
    }

    /// At the end of a call: its result is another, and it is not begun again.
    pub(crate) fn finish(&mut self, result: i64) {
        self.skip(result);
    }

    /// At the end of a call that a signal interrupted: it is begun again, unless the signal has a handler.
    pub(crate) fn begin_again_unless_caught(&mut self) {
        self.all.rax = UNLESS_CAUGHT as u64;
    }

    /// The call's result, at its end.
    pub(crate) fn result(&self) -> i64 {
        self.all.rax as i64
    }

    /// Where its code goes on.
    pub(crate) fn instruction(&self) -> u64 {
        self.all.rip
    }

    /// Its stack.
    pub(crate) fn stack(&self) -> u64 {
        self.all.rsp
    }
}
