//! poll(2), select(2), epoll_wait(2) and their kin.

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::thread;
use std::time::Duration;

use crate::call::{self, Clocks, call, from, readable, spec, to, val};
use crate::stage::lasts;

crate::tests![
    every_wait_for_a_descriptor_ends_when_its_time_is_over,
    every_wait_for_a_descriptor_ends_at_once_when_it_is_ready,
    what_comes_in_time_ends_the_wait_at_that_instant,
    a_wait_of_no_time_only_looks,
    #[cfg(target_arch = "x86_64")]
    select_empties_its_sets_and_says_what_time_was_left,
    pselect_empties_its_sets,
];

const A_WHILE: Duration = Duration::from_millis(60_250);
const MILLIS: usize = A_WHILE.as_millis() as usize;
/// When something comes before the time is over.
const EARLY: Duration = Duration::from_millis(12_125);

/// A set of descriptors of select(2).
type Set = [u64; 16];

fn set(fd: i32) -> Set {
    let mut set = [0; 16];
    set[fd as usize / 64] = 1 << (fd % 64);
    set
}

pub(crate) fn epoll(watched: &impl AsRawFd) -> OwnedFd {
    let fd = call(libc::SYS_epoll_create1, [0]).unwrap() as i32;
    #[expect(unsafe_code, reason = "a new descriptor becomes an owned one")]
    // SAFETY: the kernel has just made it, and nobody else knows it.
    let epoll = unsafe { OwnedFd::from_raw_fd(fd) };
    let event = libc::epoll_event {
        events: libc::EPOLLIN as u32,
        u64: 7,
    };
    let add = libc::EPOLL_CTL_ADD as usize;
    let arguments = [fd as usize, add, watched.as_raw_fd() as usize, from(&event)];
    call(libc::SYS_epoll_ctl, arguments).unwrap();
    epoll
}

/// Every way to wait for a descriptor for [`A_WHILE`]; each gives how many are ready.
fn ways(pipe: &io::PipeReader, epoll: &OwnedFd) -> Vec<(&'static str, i64)> {
    let fd = pipe.as_raw_fd();
    let limit = spec(A_WHILE);
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; 4];
    let mut results = Vec::new();
    let mut wait = |name, number, arguments: [usize; 6]| {
        results.push((name, call(number, arguments).unwrap()));
    };
    let mut one = readable(fd);
    let epoll = epoll.as_raw_fd() as usize;
    let count = fd as usize + 1;
    wait(
        "ppoll",
        libc::SYS_ppoll,
        [to(&mut one), 1, from(&spec(A_WHILE)), 0, 0, 0],
    );
    wait(
        "pselect6",
        libc::SYS_pselect6,
        [count, to(&mut set(fd)), 0, 0, from(&spec(A_WHILE)), 0],
    );
    wait(
        "epoll_pwait",
        libc::SYS_epoll_pwait,
        [epoll, to(&mut events), 4, MILLIS, 0, 0],
    );
    wait(
        "epoll_pwait2",
        libc::SYS_epoll_pwait2,
        [epoll, to(&mut events), 4, from(&limit), 0, 0],
    );
    #[cfg(target_arch = "x86_64")]
    {
        wait("poll", libc::SYS_poll, [to(&mut one), 1, MILLIS, 0, 0, 0]);
        wait(
            "select",
            libc::SYS_select,
            [count, to(&mut set(fd)), 0, 0, to(&mut val(A_WHILE)), 0],
        );
        wait(
            "epoll_wait",
            libc::SYS_epoll_wait,
            [epoll, to(&mut events), 4, MILLIS, 0, 0],
        );
    }
    results
}

const WAYS: u32 = if cfg!(target_arch = "x86_64") { 7 } else { 4 };

fn every_wait_for_a_descriptor_ends_when_its_time_is_over() {
    lasts(A_WHILE * WAYS, || {
        let (reader, _writer) = io::pipe().unwrap();
        let epoll = epoll(&reader);
        let before = Clocks::read();
        let results = ways(&reader, &epoll);
        assert_eq!(results.len(), WAYS as usize);
        assert!(results.iter().all(|(_, ready)| *ready == 0), "{results:?}");
        assert_eq!(before.elapsed(), A_WHILE * WAYS);
    });
}

fn every_wait_for_a_descriptor_ends_at_once_when_it_is_ready() {
    lasts(Duration::ZERO, || {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"x").unwrap();
        let results = ways(&reader, &epoll(&reader));
        assert!(results.iter().all(|(_, ready)| *ready == 1), "{results:?}");
    });
}

fn what_comes_in_time_ends_the_wait_at_that_instant() {
    lasts(EARLY, || {
        let (mut reader, mut writer) = io::pipe().unwrap();
        let before = Clocks::read();
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    thread::sleep(EARLY);
                    writer.write_all(b"x").unwrap();
                })
                .unwrap();
            assert_eq!(
                call::poll(&mut [readable(reader.as_raw_fd())], 60_000),
                Ok(1)
            );
        });
        reader.read_exact(&mut [0]).unwrap();
        assert_eq!(before.elapsed(), EARLY);
    });
}

fn a_wait_of_no_time_only_looks() {
    lasts(Duration::ZERO, || {
        let (reader, _writer) = io::pipe().unwrap();
        assert_eq!(call::poll(&mut [readable(reader.as_raw_fd())], 0), Ok(0));
    });
}

#[cfg(target_arch = "x86_64")]
fn select_empties_its_sets_and_says_what_time_was_left() {
    lasts(A_WHILE + EARLY, || {
        let (reader, mut writer) = io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        let mut sets = [set(fd), [0; 16], set(fd)];
        let mut limit = val(A_WHILE);
        let select = |limit: &mut libc::timeval, sets: &mut [Set; 3]| {
            let [read, write, except] = sets.each_mut().map(to);
            let arguments = [fd as usize + 1, read, write, except, to(limit)];
            call(libc::SYS_select, arguments).unwrap()
        };
        assert_eq!(select(&mut limit, &mut sets), 0);
        assert_eq!(sets, [[0; 16]; 3]);
        assert_eq!(call::of_val(limit), Duration::ZERO);

        sets = [set(fd), [0; 16], [0; 16]];
        limit = val(A_WHILE);
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    thread::sleep(EARLY);
                    writer.write_all(b"x").unwrap();
                })
                .unwrap();
            assert_eq!(select(&mut limit, &mut sets), 1);
        });
        assert_eq!(sets, [set(fd), [0; 16], [0; 16]]);
        assert_eq!(call::of_val(limit), A_WHILE - EARLY);
    });
}

fn pselect_empties_its_sets() {
    lasts(A_WHILE, || {
        let (reader, _writer) = io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        // What lies behind the last descriptor asked about is not the kernel's.
        let mut read = [u64::MAX; 16];
        read[0] = 1 << fd;
        let arguments = [
            fd as usize + 1,
            to(&mut read),
            0,
            0,
            from(&spec(A_WHILE)),
            0,
        ];
        assert_eq!(call(libc::SYS_pselect6, arguments), Ok(0));
        assert_eq!(read[0], 0);
        assert_eq!(read[1..], [u64::MAX; 15]);
    });
}
