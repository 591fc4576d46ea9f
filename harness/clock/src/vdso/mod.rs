//! The vDSO of a traced process reads our time.
//!
//! The vDSO (vdso(7)) is code that the kernel lends each process, so that a clock is read without a system call. We write our
//! own code over the end of its image, a page that thereby becomes the process's own, and let its entries jump there. Behind the
//! code lie four words, the time. They change only while every thread of the process sleeps in a system call, so that no read
//! is ever torn; all but the nanoseconds, which are one word. A fork copies the page; an execve brings a fresh one.

use std::io;
use std::sync::OnceLock;

use object::read::elf::{ElfFile64, FileHeader};
use object::{Endianness, Object, ObjectSymbol};

use crate::memory::Memory;
use crate::timescale::Reading;

#[cfg(target_arch = "aarch64")]
#[expect(unsafe_code, reason = "machine code")]
mod aarch64;
#[expect(unsafe_code, reason = "the bytes between labels of machine code")]
mod code;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "machine code")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64 as arch;
#[cfg(target_arch = "x86_64")]
use x86_64 as arch;

/// What is written over the vDSO of every process: the same image in all of them, at another address in each.
#[derive(Debug, PartialEq, Eq)]
struct Patch {
    /// The first bytes of the image, by which it is known.
    head: [u8; 64],
    /// Where the code goes.
    body: u64,
    /// The jumps: where each is written, and its bytes.
    jumps: Vec<(u64, Vec<u8>)>,
}

/// A process's vDSO: where its words of time are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vdso {
    time: u64,
}

impl Vdso {
    /// Takes over the vDSO of `pid`, which has just executed, so that it shows `reading`; where its image is not one that we
    /// know, the process is kept from finding it, and each read of a clock becomes a system call.
    pub(crate) fn take_over(pid: i32, stack: u64, reading: Reading) -> io::Result<Option<Self>> {
        let memory = Memory::of(pid)?;
        let Some(base) = base_of(pid)? else {
            return Ok(None);
        };
        match patch() {
            Some(patch) if memory.read::<64>(base)? == patch.head => {
                memory.write(base + patch.body, code::body())?;
                for (at, jump) in &patch.jumps {
                    memory.write(base + at, jump)?;
                }
                let vdso = Self {
                    time: base + patch.body + code::time() as u64,
                };
                vdso.show(&memory, reading)?;
                Ok(Some(vdso))
            }
            _ => hide(&memory, stack).map(|()| None),
        }
    }

    /// Makes it show `reading`.
    pub(crate) fn show(self, memory: &Memory, reading: Reading) -> io::Result<()> {
        memory.write_words(
            self.time,
            &[
                reading.wall.as_secs(),
                u64::from(reading.wall.subsec_nanos()),
                reading.monotonic.as_secs(),
                u64::from(reading.monotonic.subsec_nanos()),
            ],
        )
    }

    /// Makes it show `reading`, of the same second as what it shows, to threads that may be reading it: a word is copied as one.
    pub(crate) fn show_within_the_second(
        self,
        memory: &Memory,
        reading: Reading,
    ) -> io::Result<()> {
        let clocks = [reading.wall, reading.monotonic];
        for (at, clock) in (self.time + 8..).step_by(16).zip(clocks) {
            memory.write_words(at, &[u64::from(clock.subsec_nanos())])?;
        }
        Ok(())
    }
}

const AT_NULL: u64 = 0;
const AT_IGNORE: u64 = 1;

/// Where the vDSO of `pid` is; `None` where it has none.
fn base_of(pid: i32) -> io::Result<Option<u64>> {
    let auxiliary = std::fs::read(format!("/proc/{pid}/auxv"))?;
    let mut words = auxiliary.chunks_exact(8).map(|word| {
        word.first_chunk()
            .map_or(0, |word| u64::from_ne_bytes(*word))
    });
    while let (Some(kind), Some(value)) = (words.next(), words.next()) {
        if kind == libc::AT_SYSINFO_EHDR {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Takes the vDSO's address out of what a process that has just executed finds on its `stack`: argument count, arguments, NULL,
/// environment, NULL, pairs of the auxiliary vector (getauxval(3)).
fn hide(memory: &Memory, stack: u64) -> io::Result<()> {
    let [arguments] = memory.words::<1>(stack)?;
    let mut at = stack + 8 * (arguments + 2);
    while memory.words::<1>(at)? != [0] {
        at += 8;
    }
    at += 8;
    loop {
        match memory.words::<1>(at)? {
            [AT_NULL] => return Ok(()),
            [libc::AT_SYSINFO_EHDR] => return memory.write_words(at, &[AT_IGNORE]),
            _ => at += 16,
        }
    }
}

/// The patch for this kernel's vDSO; `None` where its image has no place for it.
fn patch() -> Option<&'static Patch> {
    static PATCH: OnceLock<Option<Patch>> = OnceLock::new();
    PATCH.get_or_init(|| plan(&own_image()?)).as_ref()
}

/// Where the code goes and which jumps lead to it. The section headers at the end of the image, which nobody reads at run
/// time, make room.
fn plan(image: &[u8]) -> Option<Patch> {
    let file = ElfFile64::<Endianness>::parse(image).ok()?;
    let sections = file.elf_header().e_shoff(file.endian());
    let body = sections.next_multiple_of(16);
    let room = (image.len() as u64).checked_sub(body)?;
    if sections == 0 || room < code::body().len() as u64 {
        return None;
    }
    let entries = arch::entries();
    let jumps: Vec<_> = file
        .dynamic_symbols()
        .filter_map(|symbol| {
            let name = symbol.name().ok()?;
            let (_, offset) = entries.iter().find(|(entry, _)| *entry == name)?;
            let jump = arch::jump(symbol.address(), body + *offset as u64)?;
            (symbol.size() >= jump.len() as u64).then_some((symbol.address(), jump))
        })
        .collect();
    // One entry that still reads the kernel's time would be worse than none.
    (jumps.len() == entries.len()).then_some(Patch {
        head: *image.first_chunk()?,
        body,
        jumps,
    })
}

/// A copy of this process's own vDSO, all of its pages.
fn own_image() -> Option<Vec<u8>> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with("[vdso]"))?;
    let (from, to) = line.split_once(' ')?.0.split_once('-')?;
    let from = u64::from_str_radix(from, 16).ok()?;
    let length = u64::from_str_radix(to, 16).ok()?.checked_sub(from)?;
    let mut image = vec![0; usize::try_from(length).ok()?];
    let memory = std::fs::File::open("/proc/self/mem").ok()?;
    std::os::unix::fs::FileExt::read_exact_at(&memory, &mut image, from).ok()?;
    Some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_kernel_has_a_vdso_with_room_for_our_code() {
        let image = own_image().unwrap();
        let patch = plan(&image).unwrap();
        assert_eq!(patch.jumps.len(), arch::entries().len());
        assert!(patch.body as usize + code::body().len() <= image.len());
    }

    #[test]
    fn an_image_without_room_is_refused() {
        let mut image = own_image().unwrap();
        let file = ElfFile64::<Endianness>::parse(image.as_slice()).unwrap();
        let sections = file.elf_header().e_shoff(file.endian()) as usize;
        image.truncate(sections + 16);
        assert_eq!(plan(&image), None);
    }
}
