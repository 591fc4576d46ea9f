//! Registers of aarch64: number in x8, arguments in x0 to x5, result in x0 (syscall(2)).

use std::io;

use libc::{c_int, c_void};

use super::Call;

/// The register set of the number of the call that is being made (include/uapi/linux/elf.h); x8 alone does not change it.
const NT_ARM_SYSTEM_CALL: usize = 0x404;
const NT_PRSTATUS: usize = 1;

/// All general registers of a stopped thread, and the number of its call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    all: libc::user_regs_struct,
    number: c_int,
    number_changed: bool,
}

impl Registers {
    /// Reads them.
    pub(crate) fn of(tid: i32) -> io::Result<Self> {
        let mut all = libc::user_regs_struct {
            regs: [0; 31],
            sp: 0,
            pc: 0,
            pstate: 0,
        };
        let mut number: c_int = -1;
        transfer(libc::PTRACE_GETREGSET, tid, NT_PRSTATUS, &mut all)?;
        transfer(libc::PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &mut number)?;
        Ok(Self {
            all,
            number,
            number_changed: false,
        })
    }

    /// Writes them.
    pub(crate) fn set(&self, tid: i32) -> io::Result<()> {
        let (mut all, mut number) = (self.all, self.number);
        transfer(libc::PTRACE_SETREGSET, tid, NT_PRSTATUS, &mut all)?;
        if self.number_changed {
            transfer(libc::PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &mut number)?;
        }
        Ok(())
    }

    /// The call that it is in.
    pub(crate) fn call(&self) -> Call {
        let [first, second, third, fourth, fifth, sixth, ..] = self.all.regs;
        Call {
            number: i64::from(self.number),
            arguments: [first, second, third, fourth, fifth, sixth],
        }
    }

    /// At the beginning of a call: it becomes another one.
    pub(crate) fn set_call(&mut self, call: Call) {
        self.all.regs[..6].copy_from_slice(&call.arguments);
        self.all.regs[8] = call.number as u64;
        self.number_changed = self.number != call.number as c_int;
        self.number = call.number as c_int;
    }

    /// At the end of a call: the registers in which it was asked for, without that of the result. The kernel itself remembers
    /// the first argument of a call that begins again.
    pub(crate) fn restore(&mut self, call: Call) {
        self.all.regs[1..6].copy_from_slice(&call.arguments[1..]);
        self.all.regs[8] = call.number as u64;
    }

    /// At the beginning of a call: it is not made, and this is its result.
    pub(crate) fn skip(&mut self, result: i64) {
        self.number = -1;
        self.number_changed = true;
        self.all.regs[0] = result as u64;
    }

    /// At the end of a call: its result is another, and it is not begun again.
    pub(crate) fn finish(&mut self, result: i64) {
        self.all.regs[0] = result as u64;
    }

    /// The call's result, at its end.
    pub(crate) fn result(&self) -> i64 {
        self.all.regs[0] as i64
    }

    /// Where its code goes on.
    pub(crate) fn instruction(&self) -> u64 {
        self.all.pc
    }

    /// Its stack.
    pub(crate) fn stack(&self) -> u64 {
        self.all.sp
    }
}

#[expect(unsafe_code, reason = "the kernel reads or writes a plain structure")]
fn transfer<T>(request: libc::c_uint, tid: i32, set: usize, value: &mut T) -> io::Result<()> {
    let mut vector = libc::iovec {
        iov_base: (value as *mut T).cast::<c_void>(),
        iov_len: size_of::<T>(),
    };
    // SAFETY: the kernel moves at most `iov_len` bytes from or to `value`, a structure of plain integers.
    let result = unsafe { libc::ptrace(request, tid, set, &raw mut vector) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
