//! futex(2), by which threads wait for each other.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use libc::c_int;

use crate::call::{Clocks, call, from, spec};
use crate::stage::lasts;

crate::tests![
    waiting_for_a_word_ends_when_its_time_is_over,
    an_instant_that_has_passed_or_a_word_that_has_changed_ends_it_at_once,
    a_lock_of_somebody_else_is_waited_for_as_long_as_asked,
    the_standard_librarys_waits_end_when_their_time_is_over,
    threads_go_on_each_at_its_own_time_and_in_that_order,
    whoever_is_woken_in_time_goes_on_then,
];

const A_WHILE: Duration = Duration::from_micros(60_250_001);
/// So long lasts the wait for an instant that has passed: whoever waits for the time to be later has to see it pass.
const A_MOMENT: Duration = Duration::from_nanos(1);
const EVERYBODY: usize = u32::MAX as usize;

fn futex(word: &AtomicU32, operation: c_int, time: Duration) -> Result<i64, c_int> {
    let time = spec(time);
    let arguments = [
        from(word),
        (operation | libc::FUTEX_PRIVATE_FLAG) as usize,
        0,
        from(&time),
        0,
        EVERYBODY,
    ];
    call(libc::SYS_futex, arguments)
}

fn waiting_for_a_word_ends_when_its_time_is_over() {
    lasts(A_WHILE * 3, || {
        let word = AtomicU32::new(0);
        let before = Clocks::read();
        let over = Err(libc::ETIMEDOUT);
        assert_eq!(futex(&word, libc::FUTEX_WAIT, A_WHILE), over);
        assert_eq!(before.elapsed(), A_WHILE);
        let until = Clocks::read().monotonic + A_WHILE;
        assert_eq!(futex(&word, libc::FUTEX_WAIT_BITSET, until), over);
        assert_eq!(before.elapsed(), A_WHILE * 2);
        let until = Clocks::read().wall + A_WHILE;
        let by_the_wall = libc::FUTEX_WAIT_BITSET | libc::FUTEX_CLOCK_REALTIME;
        assert_eq!(futex(&word, by_the_wall, until), over);
        assert_eq!(before.elapsed(), A_WHILE * 3);
    });
}

fn an_instant_that_has_passed_or_a_word_that_has_changed_ends_it_at_once() {
    lasts(A_MOMENT * 2, || {
        let word = AtomicU32::new(0);
        let by_the_wall = libc::FUTEX_WAIT_BITSET | libc::FUTEX_CLOCK_REALTIME;
        let Clocks { wall, monotonic } = Clocks::read();
        let over = Err(libc::ETIMEDOUT);
        assert_eq!(futex(&word, by_the_wall, wall), over);
        assert_eq!(futex(&word, libc::FUTEX_WAIT_BITSET, monotonic), over);
        word.store(1, Ordering::Relaxed);
        assert_eq!(futex(&word, by_the_wall, wall), Err(libc::EAGAIN));
        assert_eq!(futex(&word, by_the_wall, wall + A_WHILE), Err(libc::EAGAIN));
        assert_eq!(futex(&word, libc::FUTEX_WAIT, A_WHILE), Err(libc::EAGAIN));
    });
}

fn a_lock_of_somebody_else_is_waited_for_as_long_as_asked() {
    lasts(A_WHILE, || {
        let (tell, told) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, move || {
                    tell.send(call(libc::SYS_gettid, []).unwrap()).unwrap();
                    released.recv().unwrap();
                })
                .unwrap();
            // The owner's number is what such a lock holds (futex(2)).
            let lock = AtomicU32::new(told.recv().unwrap() as u32);
            let before = Clocks::read();
            let until = before.wall + A_WHILE;
            let got = futex(&lock, libc::FUTEX_LOCK_PI, until);
            assert_eq!(got, Err(libc::ETIMEDOUT));
            assert_eq!(before.elapsed(), A_WHILE);
            release.send(()).unwrap();
        });
    });
}

fn the_standard_librarys_waits_end_when_their_time_is_over() {
    lasts(A_WHILE * 3 + A_MOMENT, || {
        let before = Clocks::read();
        thread::park_timeout(A_WHILE);
        assert_eq!(before.elapsed(), A_WHILE);

        let (lock, condition) = (Mutex::new(()), Condvar::new());
        let guard = lock.lock().unwrap();
        let (_guard, waited) = condition
            .wait_timeout_while(guard, A_WHILE, |()| true)
            .unwrap();
        assert!(waited.timed_out());
        // It begins again until more than the time has passed.
        assert_eq!(before.elapsed(), A_WHILE * 2 + A_MOMENT);

        let (_tell, told) = mpsc::channel::<()>();
        assert!(told.recv_timeout(A_WHILE).is_err());
        assert_eq!(before.elapsed(), A_WHILE * 3 + A_MOMENT);
    });
}

fn threads_go_on_each_at_its_own_time_and_in_that_order() {
    lasts(Duration::from_secs(40), || {
        let before = Clocks::read();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            for seconds in [40, 10, 30, 20] {
                let tell = tell.clone();
                thread::Builder::new()
                    .spawn_scoped(scope, move || {
                        let length = Duration::from_secs(seconds);
                        thread::park_timeout(length);
                        assert_eq!(before.elapsed(), length);
                        tell.send(seconds).unwrap();
                    })
                    .unwrap();
            }
        });
        drop(tell);
        assert_eq!(told.iter().collect::<Vec<_>>(), [10, 20, 30, 40]);
    });
}

fn whoever_is_woken_in_time_goes_on_then() {
    lasts(Duration::from_secs(15), || {
        let before = Clocks::read();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    thread::sleep(Duration::from_secs(15));
                    tell.send(()).unwrap();
                })
                .unwrap();
            told.recv_timeout(A_WHILE).unwrap();
        });
        assert_eq!(before.elapsed(), Duration::from_secs(15));
    });
}
