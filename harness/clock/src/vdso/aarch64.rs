//! The code for aarch64.

use std::arch::global_asm;

use super::code::offset;

// The arguments come in x0 and x1; x2 to x18 may be changed (AAPCS64). The bits 0x921 and 0x2d2 as for x86-64: the clocks that
// show the wall's time, and those that only run (clock_gettime(2)). Any other is asked of the kernel.
global_asm!(
    ".pushsection .rodata.modfault_vdso, \"a\", @progbits",
    ".globl modfault_vdso_begin",
    ".hidden modfault_vdso_begin",
    ".globl modfault_vdso_gettimeofday",
    ".hidden modfault_vdso_gettimeofday",
    ".globl modfault_vdso_time",
    ".hidden modfault_vdso_time",
    ".globl modfault_vdso_end",
    ".hidden modfault_vdso_end",
    ".balign 16",
    "modfault_vdso_begin:",
    "cmp w0, #12",
    "b.hs 3f",
    "mov w2, #1",
    "lsl w2, w2, w0",
    "mov w3, #0x921",
    "tst w2, w3",
    "b.ne 1f",
    "mov w3, #0x2d2",
    "tst w2, w3",
    "b.eq 3f",
    "adr x4, modfault_vdso_time",
    "ldp x2, x3, [x4, #16]",
    "b 2f",
    "1:",
    "adr x4, modfault_vdso_time",
    "ldp x2, x3, [x4]",
    "2:",
    "stp x2, x3, [x1]",
    "mov w0, #0",
    "ret",
    "3:",
    "mov x8, #113",
    "svc #0",
    "ret",
    "modfault_vdso_gettimeofday:",
    "cbz x0, 4f",
    "adr x4, modfault_vdso_time",
    "ldp x2, x3, [x4]",
    "mov x5, #1000",
    "udiv x3, x3, x5",
    "stp x2, x3, [x0]",
    "4:",
    "cbz x1, 5f",
    "str xzr, [x1]",
    "5:",
    "mov w0, #0",
    "ret",
    ".balign 16",
    "modfault_vdso_time:",
    ".quad 0, 0, 0, 0",
    "modfault_vdso_end:",
    ".popsection",
);

unsafe extern "C" {
    safe static modfault_vdso_gettimeofday: u8;
}

/// Which functions of the vDSO are replaced, and where in the code each begins.
pub(super) fn entries() -> [(&'static str, usize); 2] {
    [
        ("__kernel_clock_gettime", 0),
        (
            "__kernel_gettimeofday",
            offset(&raw const modfault_vdso_gettimeofday),
        ),
    ]
}

/// `bti c`: where a branch that was computed may arrive. A kernel of which each function is so marked guards its vDSO's pages, and a
/// call of one that begins otherwise is SIGILL; elsewhere it does nothing.
const LANDING: u32 = 0xd503_245f;

/// `b` from one address to another, behind a landing; `None` where it does not reach.
pub(super) fn jump(from: u64, to: u64) -> Option<Vec<u8>> {
    let words = (to.wrapping_sub(from.wrapping_add(4)) as i64) / 4;
    let reach = -(1 << 25)..(1 << 25);
    let branch = 0x1400_0000 | (words as u32 & 0x03ff_ffff);
    reach
        .contains(&words)
        .then(|| [LANDING, branch].map(u32::to_le_bytes).concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_lands_and_goes_on_from_behind_the_landing() {
        let forth = [0x5f, 0x24, 0x03, 0xd5, 0x03, 0x00, 0x00, 0x14];
        assert_eq!(jump(0x1000, 0x1010).unwrap(), forth);
        let back = [0x5f, 0x24, 0x03, 0xd5, 0xfe, 0xff, 0xff, 0x17];
        assert_eq!(jump(0x1000, 0xffc).unwrap(), back);
        assert_eq!(jump(0, 1 << 28), None, "too far");
    }
}
