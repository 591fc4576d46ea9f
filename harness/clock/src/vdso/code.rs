//! The code of this architecture, as bytes.

// Labels of the assembly; in between lie those of each function.
unsafe extern "C" {
    safe static modfault_vdso_begin: u8;
    safe static modfault_vdso_time: u8;
    safe static modfault_vdso_end: u8;
}

/// The code with its words of time, as it is copied into a process: it refers to nothing outside itself.
pub(super) fn body() -> &'static [u8] {
    let begin = &raw const modfault_vdso_begin;
    // SAFETY: both labels are in one section, in this order, with initialised bytes between them that nobody writes.
    unsafe { std::slice::from_raw_parts(begin, offset(&raw const modfault_vdso_end)) }
}

/// Where in it the words of time are.
pub(super) fn time() -> usize {
    offset(&raw const modfault_vdso_time)
}

/// Where in it a label is.
pub(super) fn offset(label: *const u8) -> usize {
    label as usize - &raw const modfault_vdso_begin as usize
}
