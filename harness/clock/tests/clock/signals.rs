//! Waits for signals, and waits that signals interrupt.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use libc::c_int;

use crate::call::{
    Clocks, Disposition, block, call, caught, dispose, fork, from, of_spec, of_val, readable, reap,
    spec, to, val,
};
use crate::polls::epoll;
use crate::stage::lasts;

crate::tests![
    waiting_for_a_signal_ends_with_it_or_when_its_time_is_over,
    a_handler_ends_every_wait_and_none_begins_again,
    a_signal_that_is_ignored_leaves_every_wait_its_deadline,
    the_end_of_a_child_leaves_every_wait_its_deadline,
    an_interrupted_sleep_says_what_was_left,
    #[cfg(target_arch = "x86_64")]
    an_interrupted_select_says_what_was_left,
    a_sleep_that_goes_on_after_each_signal_lasts_as_long_as_asked,
];

const WAIT: Duration = Duration::from_millis(60_500);
const MILLIS: usize = WAIT.as_millis() as usize;
const SIGNAL_AFTER: Duration = Duration::from_millis(20_125);

/// Lets SIGALRM come after [`SIGNAL_AFTER`].
fn signal_later() {
    let new = [val(Duration::ZERO), val(SIGNAL_AFTER)];
    call(libc::SYS_setitimer, [0, from(&new), 0]).unwrap();
}

/// Waits for [`WAIT`] in every way that there is, each after `before`.
fn in_every_way(mut check: impl FnMut(&'static str, &mut dyn FnMut() -> Result<i64, c_int>)) {
    let (pipe, _writer) = io::pipe().unwrap();
    let epoll = epoll(&pipe);
    let epoll = epoll.as_raw_fd() as usize;
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; 4];
    let events = to(&mut events);
    let limit = spec(WAIT);
    let limit = from(&limit);
    let word = AtomicU32::new(0);
    let word = from(&word);
    let mut one = readable(pipe.as_raw_fd());
    let one = to(&mut one);
    let usr2 = 1_u64 << (libc::SIGUSR2 - 1);
    let set = from(&usr2);
    check("nanosleep", &mut || call(libc::SYS_nanosleep, [limit, 0]));
    check("clock_nanosleep", &mut || {
        call(libc::SYS_clock_nanosleep, [1, 0, limit, 0])
    });
    check("clock_nanosleep until", &mut || {
        let until = spec(Clocks::read().wall + WAIT);
        call(libc::SYS_clock_nanosleep, [0, 1, from(&until), 0])
    });
    check("ppoll", &mut || {
        call(libc::SYS_ppoll, [one, 1, limit, 0, 0])
    });
    check("pselect6", &mut || {
        call(libc::SYS_pselect6, [0, 0, 0, 0, limit, 0])
    });
    check("epoll_pwait", &mut || {
        call(libc::SYS_epoll_pwait, [epoll, events, 4, MILLIS, 0, 0])
    });
    check("epoll_pwait2", &mut || {
        call(libc::SYS_epoll_pwait2, [epoll, events, 4, limit, 0, 0])
    });
    check("futex", &mut || {
        call(libc::SYS_futex, [word, libc::FUTEX_WAIT as usize, 0, limit])
    });
    check("rt_sigtimedwait", &mut || {
        call(libc::SYS_rt_sigtimedwait, [set, 0, limit, 8])
    });
    #[cfg(target_arch = "x86_64")]
    {
        check("poll", &mut || call(libc::SYS_poll, [one, 1, MILLIS]));
        check("select", &mut || {
            call(libc::SYS_select, [0, 0, 0, 0, to(&mut val(WAIT))])
        });
        check("epoll_wait", &mut || {
            call(libc::SYS_epoll_wait, [epoll, events, 4, MILLIS])
        });
    }
}

const WAYS: u32 = if cfg!(target_arch = "x86_64") { 12 } else { 9 };

fn waiting_for_a_signal_ends_with_it_or_when_its_time_is_over() {
    let both = SIGNAL_AFTER + WAIT;
    lasts(both, || {
        let set = block(libc::SIGALRM);
        let before = Clocks::read();
        let limit = spec(WAIT);
        let wait = || call(libc::SYS_rt_sigtimedwait, [from(&set), 0, from(&limit), 8]);
        signal_later();
        assert_eq!(wait(), Ok(libc::SIGALRM.into()));
        assert_eq!(before.elapsed(), SIGNAL_AFTER);
        assert_eq!(wait(), Err(libc::EAGAIN));
        assert_eq!(before.elapsed(), both);
    });
}

fn a_handler_ends_every_wait_and_none_begins_again() {
    lasts(SIGNAL_AFTER * WAYS * 2, || {
        for disposition in [Disposition::Caught, Disposition::CaughtAndRestarting] {
            dispose(libc::SIGALRM, disposition);
            in_every_way(|name, wait| {
                let (before, count) = (Clocks::read(), caught());
                signal_later();
                let waited = (wait(), caught() - count, before.elapsed());
                let expected = (Err(libc::EINTR), 1, SIGNAL_AFTER);
                assert_eq!(waited, expected, "{name}, {disposition:?}");
            });
        }
    });
}

fn a_signal_that_is_ignored_leaves_every_wait_its_deadline() {
    lasts(WAIT * WAYS, || {
        dispose(libc::SIGALRM, Disposition::Ignored);
        in_every_way(|name, wait| {
            let before = Clocks::read();
            signal_later();
            let waited = (wait(), before.elapsed());
            let over = match name {
                "futex" => Err(libc::ETIMEDOUT),
                "rt_sigtimedwait" => Err(libc::EAGAIN),
                _ => Ok(0),
            };
            assert_eq!(waited, (over, WAIT), "{name}");
        });
    });
}

fn the_end_of_a_child_leaves_every_wait_its_deadline() {
    lasts(WAIT * WAYS, || {
        in_every_way(|name, wait| {
            let before = Clocks::read();
            let child = fork(|| std::thread::sleep(SIGNAL_AFTER));
            let waited = (wait().is_ok_and(|ready| ready != 0), before.elapsed());
            assert_eq!(waited, (false, WAIT), "{name}");
            assert_eq!(reap(child), 0);
        });
    });
}

fn an_interrupted_sleep_says_what_was_left() {
    lasts(SIGNAL_AFTER * 2, || {
        dispose(libc::SIGALRM, Disposition::Caught);
        let limit = spec(WAIT);
        let mut left = spec(Duration::ZERO);
        signal_later();
        let slept = call(libc::SYS_nanosleep, [from(&limit), to(&mut left)]);
        assert_eq!(slept, Err(libc::EINTR));
        assert_eq!(of_spec(left), WAIT - SIGNAL_AFTER);
        left = spec(Duration::ZERO);
        signal_later();
        let arguments = [0, 0, from(&limit), to(&mut left)];
        let slept = call(libc::SYS_clock_nanosleep, arguments);
        assert_eq!(slept, Err(libc::EINTR));
        assert_eq!(of_spec(left), WAIT - SIGNAL_AFTER);
    });
}

#[cfg(target_arch = "x86_64")]
fn an_interrupted_select_says_what_was_left() {
    lasts(SIGNAL_AFTER, || {
        dispose(libc::SIGALRM, Disposition::Caught);
        let mut limit = val(WAIT);
        signal_later();
        let waited = call(libc::SYS_select, [0, 0, 0, 0, to(&mut limit)]);
        assert_eq!(waited, Err(libc::EINTR));
        assert_eq!(of_val(limit), WAIT - SIGNAL_AFTER);
    });
}

/// As the standard library sleeps: on with what was left, until nothing is.
fn a_sleep_that_goes_on_after_each_signal_lasts_as_long_as_asked() {
    lasts(WAIT, || {
        dispose(libc::SIGALRM, Disposition::Caught);
        let tenth = val(Duration::from_secs(6));
        call(libc::SYS_setitimer, [0, from(&[tenth; 2]), 0]).unwrap();
        let before = Clocks::read();
        std::thread::sleep(WAIT);
        assert_eq!((before.elapsed(), caught()), (WAIT, 10));
    });
}
