//! What the clocks show.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use modfault_sandbox::End;

use crate::call::{Clocks, call};
use crate::stage::{START, lasts, seen};

crate::tests![
    the_clock_on_the_wall_shows_the_start_and_stands_while_a_process_works,
    the_standard_library_reads_the_same_clocks,
    the_clocks_of_processor_time_are_the_kernels,
    a_process_that_works_until_a_moment_has_passed_comes_to_its_end,
    a_process_that_works_while_a_thread_waits_for_a_moment_sees_the_end_of_that_wait,
];

fn the_clock_on_the_wall_shows_the_start_and_stands_while_a_process_works() {
    lasts(Duration::ZERO, || {
        let before = Clocks::read();
        assert_eq!(before.wall, START);
        let mut sum = 0_u64;
        for number in 0..1_000_000 {
            sum = sum.wrapping_mul(31).wrapping_add(number);
        }
        assert_ne!(std::hint::black_box(sum), 0);
        assert_eq!(before.elapsed(), Duration::ZERO);
    });
}

fn the_standard_library_reads_the_same_clocks() {
    lasts(Duration::from_millis(30_250), || {
        let (instant, system) = (Instant::now(), SystemTime::now());
        std::thread::sleep(Duration::from_millis(30_250));
        assert_eq!(instant.elapsed(), Duration::from_millis(30_250));
        assert_eq!(system.elapsed().unwrap(), Duration::from_millis(30_250));
        assert_eq!(
            system.duration_since(SystemTime::UNIX_EPOCH).unwrap(),
            START
        );
    });
}

fn the_clocks_of_processor_time_are_the_kernels() {
    lasts(Duration::from_secs(30), || {
        let read = || {
            let mut time = crate::call::spec(Duration::ZERO);
            let clock = libc::CLOCK_PROCESS_CPUTIME_ID as usize;
            let arguments = [clock, crate::call::to(&mut time)];
            call(libc::SYS_clock_gettime, arguments).unwrap();
            crate::call::of_spec(time)
        };
        let before = read();
        std::thread::sleep(Duration::from_secs(30));
        assert!(read() > before);
        assert!(read() < Duration::from_secs(30));
    });
}

/// What Go's runtime waits for until it asks another thread again, and until it makes one stop.
const MOMENTS: [Duration; 2] = [Duration::from_micros(10), Duration::from_millis(10)];

fn work_until_it_has_passed(moment: Duration) {
    let before = Instant::now();
    while before.elapsed() < moment {
        std::thread::yield_now();
    }
}

fn a_process_that_works_until_a_moment_has_passed_comes_to_its_end() {
    let routine = || {
        for moment in MOMENTS {
            work_until_it_has_passed(moment);
        }
    };
    let Some(seen) = seen(routine) else { return };
    assert_eq!(seen.end, End::Code(0), "{}", seen.output);
    let all = MOMENTS.iter().sum::<Duration>();
    assert!((all..all * 10).contains(&seen.world), "{:?}", seen.world);
}

fn a_process_that_works_while_a_thread_waits_for_a_moment_sees_the_end_of_that_wait() {
    let routine = || {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(5));
                over.store(true, Ordering::Release);
            });
            while !over.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_secs(30));
        });
    };
    let Some(seen) = seen(routine) else { return };
    assert_eq!(seen.end, End::Code(0), "{}", seen.output);
    let moments = Duration::from_millis(30_005)..Duration::from_millis(30_200);
    assert!(moments.contains(&seen.world), "{:?}", seen.world);
}
