//! Alarms and timer descriptors, which go off whatever a process does meanwhile.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::thread;
use std::time::Duration;

use crate::call::{
    Clocks, Disposition, call, caught, dispose, from, of_spec, of_val, spec, to, val,
};
use crate::stage::lasts;

crate::tests![
    a_timer_descriptor_goes_off_once_when_its_time_has_come,
    a_timer_descriptor_goes_off_again_and_again_and_counts,
    a_timer_descriptor_says_what_is_left_and_can_be_taken_back,
    #[cfg(target_arch = "x86_64")]
    an_alarm_comes_when_it_was_set_for_and_says_what_was_left,
    an_interval_timer_comes_at_each_interval,
];

const REAL: usize = 0;
const ABSOLUTE: usize = 1;

/// A timer descriptor of `clock` that goes off first after, or at, `first`, and then each `interval`.
fn timer(clock: i32, flags: usize, first: Duration, interval: Duration) -> File {
    let fd = call(libc::SYS_timerfd_create, [clock as usize, 0]).unwrap() as i32;
    #[expect(unsafe_code, reason = "a new descriptor becomes an owned one")]
    // SAFETY: the kernel has just made it, and nobody else knows it.
    let timer = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    set(&timer, flags, first, interval);
    timer
}

/// Sets a timer descriptor, and gives what it was set to: what was left, and the interval.
fn set(timer: &File, flags: usize, first: Duration, interval: Duration) -> (Duration, Duration) {
    let new = [spec(interval), spec(first)];
    let mut old = [spec(Duration::ZERO); 2];
    let fd = timer.as_raw_fd() as usize;
    let arguments = [fd, flags, from(&new), to(&mut old)];
    call(libc::SYS_timerfd_settime, arguments).unwrap();
    (of_spec(old[1]), of_spec(old[0]))
}

/// How often it has gone off since it was last asked; waits for the first time.
fn times(mut timer: &File) -> u64 {
    let mut bytes = [0; 8];
    timer.read_exact(&mut bytes).unwrap();
    u64::from_ne_bytes(bytes)
}

const SECOND: Duration = Duration::from_secs(1);

fn a_timer_descriptor_goes_off_once_when_its_time_has_come() {
    lasts(SECOND * 90, || {
        let before = Clocks::read();
        let once = timer(libc::CLOCK_MONOTONIC, 0, SECOND * 30, Duration::ZERO);
        assert_eq!(times(&once), 1);
        assert_eq!(before.elapsed(), SECOND * 30);
        for clock in [libc::CLOCK_MONOTONIC, libc::CLOCK_REALTIME] {
            let now = Clocks::read();
            let shown = if clock == libc::CLOCK_REALTIME {
                now.wall
            } else {
                now.monotonic
            };
            let at = timer(clock, ABSOLUTE, shown + SECOND * 30, Duration::ZERO);
            assert_eq!(times(&at), 1);
            assert_eq!(now.elapsed(), SECOND * 30);
            set(&at, ABSOLUTE, shown, Duration::ZERO);
            assert_eq!(times(&at), 1, "an instant that has passed");
        }
        assert_eq!(before.elapsed(), SECOND * 90);
    });
}

fn a_timer_descriptor_goes_off_again_and_again_and_counts() {
    lasts(SECOND * 135, || {
        let before = Clocks::read();
        let timer = timer(libc::CLOCK_MONOTONIC, 0, SECOND * 30, SECOND * 10);
        for seconds in [30, 40, 50] {
            assert_eq!(times(&timer), 1);
            assert_eq!(before.elapsed(), SECOND * seconds);
        }
        thread::sleep(SECOND * 35);
        assert_eq!(times(&timer), 3, "60, 70, 80");
        assert_eq!(before.elapsed(), SECOND * 85);
        let old = set(&timer, 0, SECOND * 50, Duration::ZERO);
        assert_eq!(old, (SECOND * 5, SECOND * 10));
        assert_eq!(times(&timer), 1);
        assert_eq!(before.elapsed(), SECOND * 135);
    });
}

fn a_timer_descriptor_says_what_is_left_and_can_be_taken_back() {
    lasts(SECOND * 40, || {
        let timer = timer(libc::CLOCK_MONOTONIC, 0, SECOND * 30, Duration::ZERO);
        thread::sleep(SECOND * 10);
        let mut left = [spec(Duration::ZERO); 2];
        let get = |left: &mut [libc::timespec; 2]| {
            let arguments = [timer.as_raw_fd() as usize, to(left)];
            call(libc::SYS_timerfd_gettime, arguments).unwrap();
            left.map(of_spec)
        };
        assert_eq!(get(&mut left), [Duration::ZERO, SECOND * 20]);
        set(&timer, 0, Duration::ZERO, Duration::ZERO);
        assert_eq!(get(&mut left), [Duration::ZERO; 2]);
        thread::sleep(SECOND * 30);
        let ready = crate::call::poll(&mut [crate::call::readable(timer.as_raw_fd())], 0);
        assert_eq!(ready, Ok(0));
    });
}

#[cfg(target_arch = "x86_64")]
fn an_alarm_comes_when_it_was_set_for_and_says_what_was_left() {
    lasts(SECOND * 35, || {
        dispose(libc::SIGALRM, Disposition::Caught);
        let before = Clocks::read();
        let alarm = |seconds| call(libc::SYS_alarm, [seconds]).unwrap();
        assert_eq!(alarm(30), 0);
        thread::sleep(Duration::from_millis(4_900));
        // To the nearest second, as the kernel rounds.
        assert_eq!(alarm(40), 25);
        thread::sleep(Duration::from_millis(100));
        assert_eq!(alarm(30), 40);
        assert_eq!(call(libc::SYS_pause, []), Err(libc::EINTR));
        assert_eq!((caught(), before.elapsed()), (1, SECOND * 35));
        assert_eq!(alarm(0), 0);
    });
}

fn an_interval_timer_comes_at_each_interval() {
    lasts(SECOND * 50, || {
        dispose(libc::SIGALRM, Disposition::Caught);
        let before = Clocks::read();
        let new = [val(SECOND * 10), val(SECOND * 30)];
        let mut old = [val(SECOND); 2];
        call(libc::SYS_setitimer, [REAL, from(&new), to(&mut old)]).unwrap();
        assert_eq!(old.map(of_val), [Duration::ZERO; 2]);
        for (count, seconds) in [(1, 30), (2, 40), (3, 50)] {
            assert_eq!(crate::call::poll(&mut [], -1), Err(libc::EINTR));
            let now = (caught(), before.elapsed());
            assert_eq!(now, (count, SECOND * seconds));
        }
        call(libc::SYS_getitimer, [REAL, to(&mut old)]).unwrap();
        assert_eq!(old.map(of_val), [SECOND * 10; 2]);
        let none = [val(Duration::ZERO); 2];
        call(libc::SYS_setitimer, [REAL, from(&none), to(&mut old)]).unwrap();
        assert_eq!(old.map(of_val), [SECOND * 10; 2]);
    });
}
