//! Registers of aarch64: number in x8, arguments in x0 to x5, result in x0 (syscall(2)).

use std::io;

use libc::{c_int, c_void};

use super::{Call, UNLESS_CAUGHT};
use crate::memory::Memory;

/// The register set of the number of the call that is being made (include/uapi/linux/elf.h); x8 alone does not change it.
const NT_ARM_SYSTEM_CALL: usize = 0x404;
const NT_PRSTATUS: usize = 1;
const NO_CALL: c_int = -1;
/// What the kernel calls the result of a call that is begun again (include/linux/errno.h).
const ERESTARTSYS: i64 = -512;

/// `svc #0`, the instruction that makes a call.
const SVC: u32 = 0xd400_0001;
const INSTRUCTION: u64 = 4;

/// All general registers of a stopped thread, and the number of its call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    all: libc::user_regs_struct,
    number: c_int,
    number_changed: bool,
    /// Whether a signal has interrupted a call and the kernel is about to begin it again.
    begins_again: bool,
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
        let mut number = NO_CALL;
        transfer(libc::PTRACE_GETREGSET, tid, NT_PRSTATUS, &mut all)?;
        transfer(libc::PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &mut number)?;
        Ok(Self {
            all,
            number,
            number_changed: false,
            // Before a signal is told of, the kernel forgets the call, and has gone back to its beginning if it is to be begun
            // again; its result is no more to be seen (do_signal in arch/arm64/kernel/signal.c).
            begins_again: number == NO_CALL && is_call(tid, all.pc),
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

    /// At the beginning of a call: it becomes another one. The first argument stays: whether a call that begins again has the
    /// one with which it was made, or what is written here, is not the same in all kernels. None of ours looks at another:
    /// ppoll(2) in the place of a sleep has no descriptors.
    pub(crate) fn set_call(&mut self, call: Call) {
        self.all.regs[1..6].copy_from_slice(&call.arguments[1..]);
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
        self.number = NO_CALL;
        self.number_changed = true;
        self.all.regs[0] = result as u64;
    }

    /// At the end of a call: its result is another, and it is not begun again.
    pub(crate) fn finish(&mut self, result: i64) {
        self.all.regs[0] = result as u64;
        if std::mem::take(&mut self.begins_again) {
            self.all.pc = self.all.pc.wrapping_add(INSTRUCTION);
        }
    }

    /// At the end of a call that a signal interrupted: it is begun again, unless the signal has a handler.
    pub(crate) fn begin_again_unless_caught(&mut self) {
        self.all.regs[0] = UNLESS_CAUGHT as u64;
    }

    /// The call's result, at its end.
    pub(crate) fn result(&self) -> i64 {
        if self.begins_again {
            ERESTARTSYS
        } else {
            self.all.regs[0] as i64
        }
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

/// Whether the instruction at `address` makes a call. Where nothing can be read, as after a jump into nowhere, it does not.
fn is_call(tid: i32, address: u64) -> bool {
    Memory::of(tid)
        .and_then(|memory| memory.read(address))
        .is_ok_and(|bytes| u32::from_le_bytes(bytes) == SVC)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn registers(begins_again: bool) -> Registers {
        let mut regs = [0; 31];
        regs[0] = 7;
        Registers {
            all: libc::user_regs_struct {
                regs,
                sp: 0,
                pc: 0x1000,
                pstate: 0,
            },
            number: NO_CALL,
            number_changed: false,
            begins_again,
        }
    }

    #[test]
    fn a_call_that_was_to_begin_again_is_passed_over_once_it_has_a_result() {
        let mut registers = registers(true);
        assert!(super::super::interrupted(registers.result()));
        registers.finish(-11);
        assert_eq!((registers.result(), registers.instruction()), (-11, 0x1004));
    }

    #[test]
    fn a_call_that_has_ended_goes_on_where_it_was() {
        let mut registers = registers(false);
        assert_eq!(registers.result(), 7);
        registers.finish(0);
        assert_eq!((registers.result(), registers.instruction()), (0, 0x1000));
    }

    #[test]
    fn the_first_argument_is_the_one_with_which_a_call_was_made() {
        let mut registers = registers(false);
        registers.set_call(Call {
            number: libc::SYS_ppoll,
            arguments: [0, 1, 2, 3, 4, 5],
        });
        assert_eq!(registers.call().arguments, [7, 1, 2, 3, 4, 5]);
        assert_eq!(registers.call().number, libc::SYS_ppoll);
    }
}
