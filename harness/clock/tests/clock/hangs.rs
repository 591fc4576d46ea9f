//! What is told of a process that would wait for ever.

use std::io::Read;
use std::thread;
use std::time::Duration;

use modfault_sandbox::End;

use crate::call::{self, Clocks};
use crate::stage::{lasts, seen, seen_after};

crate::tests![
    a_process_that_waits_for_what_will_never_come_is_told_with_each_of_its_threads,
    a_process_that_looks_around_every_second_for_a_while_does_not_hang,
    a_wait_elsewhere_after_much_looking_around_lasts_as_long_as_asked,
    a_process_that_looks_around_for_ever_is_told_after_hours,
    what_a_process_leaves_behind_may_wait_for_ever,
];

fn a_process_that_waits_for_what_will_never_come_is_told_with_each_of_its_threads() {
    let routine = || {
        thread::sleep(Duration::from_secs(30));
        let (mut reader, _writer) = std::io::pipe().unwrap();
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, || {
                    reader.read_exact(&mut [0]).unwrap();
                })
                .unwrap();
            call::poll(&mut [], -1).unwrap();
        });
    };
    let Some(seen) = seen(routine) else { return };
    let mut calls: Vec<_> = seen.for_ever.unwrap().iter().map(|one| one.call).collect();
    calls.sort_unstable();
    assert_eq!(calls, ["reads from a descriptor", "waits for a descriptor"]);
    assert_eq!(seen.end, End::Signal(libc::SIGKILL));
    assert_eq!(seen.world, Duration::from_secs(30), "{}", seen.output);
}

fn a_process_that_looks_around_every_second_for_a_while_does_not_hang() {
    lasts(Duration::from_secs(45), || {
        let (_tell, told) = std::sync::mpsc::channel::<()>();
        for _ in 0..45 {
            told.recv_timeout(Duration::from_secs(1)).unwrap_err();
        }
    });
}

/// Whoever looks around in vain for long is let look more seldom; its other waits are not its looks.
fn a_wait_elsewhere_after_much_looking_around_lasts_as_long_as_asked() {
    let routine = || {
        let (_tell, told) = std::sync::mpsc::channel::<()>();
        for _ in 0..100 {
            told.recv_timeout(Duration::from_secs(1)).unwrap_err();
        }
        let before = Clocks::read();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(before.elapsed(), Duration::from_millis(500));
    };
    let Some(seen) = seen(routine) else { return };
    assert_eq!(seen.end, End::Code(0), "{}", seen.output);
}

fn a_process_that_looks_around_for_ever_is_told_after_hours() {
    let routine = || {
        let (_tell, told) = std::sync::mpsc::channel::<()>();
        while told.recv_timeout(Duration::from_secs(1)).is_err() {}
    };
    let Some(seen) = seen(routine) else { return };
    assert_eq!(seen.for_ever.unwrap().len(), 1);
    // Linux gives up a silent connection after 2 h 11 min 15 s (tcp(7)); nothing is borne longer.
    let hours = 2.0..3.0;
    let world = seen.world.as_secs_f64() / 3_600.0;
    assert!(hours.contains(&world), "{world} h");
}

/// As an agent does that a command has started; what is run next must not be told that it hangs.
fn what_a_process_leaves_behind_may_wait_for_ever() {
    let routine = || {
        call::fork(|| {
            for output in [1, 2] {
                call::call(libc::SYS_close, [output]).unwrap();
            }
            call::poll(&mut [], -1).unwrap();
        });
    };
    let Some(seen) = seen_after(Duration::from_millis(200), routine) else {
        return;
    };
    assert_eq!(seen.end, End::Code(0), "{}", seen.output);
    assert_eq!(seen.for_ever, None);
}
