//! The code for x86-64.

use std::arch::global_asm;

use super::code::offset;

// The arguments come in rdi and rsi; rax, rcx and rdx may be changed (System V ABI). The clocks by clock_gettime(2):
// 0x921 has the bits of those that show the wall's time (0 REALTIME, 5 REALTIME_COARSE, 8 REALTIME_ALARM, 11 TAI), 0x2d2 those
// that only run (1 MONOTONIC, 4 MONOTONIC_RAW, 6 MONOTONIC_COARSE, 7 BOOTTIME, 9 BOOTTIME_ALARM). Any other is asked of the kernel.
global_asm!(
    ".pushsection .rodata.modfault_vdso, \"a\", @progbits",
    ".globl modfault_vdso_begin",
    ".hidden modfault_vdso_begin",
    ".globl modfault_vdso_gettimeofday",
    ".hidden modfault_vdso_gettimeofday",
    ".globl modfault_vdso_seconds",
    ".hidden modfault_vdso_seconds",
    ".globl modfault_vdso_time",
    ".hidden modfault_vdso_time",
    ".globl modfault_vdso_end",
    ".hidden modfault_vdso_end",
    ".balign 16",
    "modfault_vdso_begin:",
    "cmp edi, 12",
    "jae 3f",
    "mov eax, 1",
    "mov ecx, edi",
    "shl eax, cl",
    "test eax, 0x921",
    "jnz 1f",
    "test eax, 0x2d2",
    "jz 3f",
    "mov rax, [rip + modfault_vdso_time + 16]",
    "mov rdx, [rip + modfault_vdso_time + 24]",
    "jmp 2f",
    "1:",
    "mov rax, [rip + modfault_vdso_time]",
    "mov rdx, [rip + modfault_vdso_time + 8]",
    "2:",
    "mov [rsi], rax",
    "mov [rsi + 8], rdx",
    "xor eax, eax",
    "ret",
    "3:",
    "mov eax, 228",
    "syscall",
    "ret",
    "modfault_vdso_gettimeofday:",
    "test rdi, rdi",
    "jz 4f",
    "mov rax, [rip + modfault_vdso_time]",
    "mov [rdi], rax",
    "mov rax, [rip + modfault_vdso_time + 8]",
    "xor edx, edx",
    "mov ecx, 1000",
    "div rcx",
    "mov [rdi + 8], rax",
    "4:",
    "test rsi, rsi",
    "jz 5f",
    "mov qword ptr [rsi], 0",
    "5:",
    "xor eax, eax",
    "ret",
    "modfault_vdso_seconds:",
    "mov rax, [rip + modfault_vdso_time]",
    "test rdi, rdi",
    "jz 6f",
    "mov [rdi], rax",
    "6:",
    "ret",
    ".balign 16",
    "modfault_vdso_time:",
    ".quad 0, 0, 0, 0",
    "modfault_vdso_end:",
    ".popsection",
);

unsafe extern "C" {
    safe static modfault_vdso_gettimeofday: u8;
    safe static modfault_vdso_seconds: u8;
}

/// Which functions of the vDSO are replaced, and where in the code each begins.
pub(super) fn entries() -> [(&'static str, usize); 3] {
    [
        ("__vdso_clock_gettime", 0),
        (
            "__vdso_gettimeofday",
            offset(&raw const modfault_vdso_gettimeofday),
        ),
        ("__vdso_time", offset(&raw const modfault_vdso_seconds)),
    ]
}

/// `jmp` from one address to another; `None` where it does not reach.
pub(super) fn jump(from: u64, to: u64) -> Option<Vec<u8>> {
    let distance = i32::try_from(to.wrapping_sub(from + 5) as i64).ok()?;
    let mut bytes = vec![0xe9];
    bytes.extend(distance.to_le_bytes());
    Some(bytes)
}
