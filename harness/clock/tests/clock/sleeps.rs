//! nanosleep(2) and clock_nanosleep(2).

use std::time::Duration;

use crate::call::{Clocks, call, from, spec};
use crate::stage::lasts;

crate::tests![
    nanosleep_lasts_to_the_nanosecond,
    clock_nanosleep_lasts_as_long_on_either_clock,
    clock_nanosleep_until_an_instant_ends_at_it,
    an_instant_that_has_passed_on_our_clock_is_over_at_once,
    no_time_at_all_is_over_at_once_and_no_time_that_there_is_is_refused,
];

const A_WHILE: Duration = Duration::new(100, 250_001_003);
const ABSOLUTE: usize = 1;
const WALL: usize = libc::CLOCK_REALTIME as usize;
const MONOTONIC: usize = libc::CLOCK_MONOTONIC as usize;

fn nanosleep_lasts_to_the_nanosecond() {
    lasts(A_WHILE, || {
        let before = Clocks::read();
        assert_eq!(call(libc::SYS_nanosleep, [from(&spec(A_WHILE)), 0]), Ok(0));
        assert_eq!(before.elapsed(), A_WHILE);
    });
}

fn clock_nanosleep_lasts_as_long_on_either_clock() {
    lasts(A_WHILE * 2, || {
        for clock in [WALL, MONOTONIC] {
            let before = Clocks::read();
            let arguments = [clock, 0, from(&spec(A_WHILE)), 0];
            assert_eq!(call(libc::SYS_clock_nanosleep, arguments), Ok(0));
            assert_eq!(before.elapsed(), A_WHILE);
        }
    });
}

fn clock_nanosleep_until_an_instant_ends_at_it() {
    lasts(A_WHILE * 2, || {
        for clock in [WALL, MONOTONIC] {
            let before = Clocks::read();
            let shown = [before.wall, before.monotonic][usize::from(clock == MONOTONIC)];
            let arguments = [clock, ABSOLUTE, from(&spec(shown + A_WHILE)), 0];
            assert_eq!(call(libc::SYS_clock_nanosleep, arguments), Ok(0));
            assert_eq!(before.elapsed(), A_WHILE);
        }
    });
}

/// The machine's own clocks have not come so far: it is not 2100, and not up for so long unless nobody has restarted it since
/// yesterday.
fn an_instant_that_has_passed_on_our_clock_is_over_at_once() {
    let long = Duration::from_secs(23 * 3_600);
    let naps = 23;
    let moments = Duration::from_nanos(6);
    lasts(long + moments, || {
        for _ in 0..naps {
            std::thread::sleep(long / naps);
            // What a process does can be seen, so that nobody thinks that it hangs.
            crate::call::reap(crate::call::fork(|| {}));
        }
        let before = Clocks::read();
        for (clock, shown) in [(WALL, before.wall), (MONOTONIC, before.monotonic)] {
            for ago in [Duration::ZERO, Duration::from_nanos(1), A_WHILE] {
                let arguments = [clock, ABSOLUTE, from(&spec(shown - ago)), 0];
                assert_eq!(call(libc::SYS_clock_nanosleep, arguments), Ok(0));
            }
        }
        // One for each: whoever waits for the time to be later has to see it pass.
        assert_eq!(before.elapsed(), moments);
    });
}

fn no_time_at_all_is_over_at_once_and_no_time_that_there_is_is_refused() {
    lasts(Duration::ZERO, || {
        let nanosleep = |time| call(libc::SYS_nanosleep, [from(&time), 0]);
        assert_eq!(nanosleep(spec(Duration::ZERO)), Ok(0));
        for (tv_sec, tv_nsec) in [(-1, 0), (0, -1), (0, 1_000_000_000)] {
            assert_eq!(
                nanosleep(libc::timespec { tv_sec, tv_nsec }),
                Err(libc::EINVAL)
            );
        }
        assert_eq!(call(libc::SYS_nanosleep, [8, 0]), Err(libc::EFAULT));
    });
}
