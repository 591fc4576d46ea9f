//! Children, programs that are executed, and threads that end before others.

use std::process::Command;
use std::time::Duration;

use crate::call::{Clocks, call, fork, leave, leave_others, reap};
use crate::stage::{START, lasts};

crate::tests![
    a_child_sleeps_on_the_same_clock,
    a_program_that_is_executed_finds_the_clock_as_it_is,
    children_sleep_at_the_same_time,
    a_process_whose_first_thread_has_ended_goes_on,
    a_process_that_lets_nobody_look_into_it_has_the_same_clock,
    a_process_that_was_stopped_sleeps_no_longer_for_it,
];

const SECOND: Duration = Duration::from_secs(1);

fn a_child_sleeps_on_the_same_clock() {
    lasts(SECOND * 50, || {
        let before = Clocks::read();
        let child = fork(|| {
            std::thread::sleep(SECOND * 30);
            assert_eq!(before.elapsed(), SECOND * 30);
            let grandchild = fork(|| std::thread::sleep(SECOND * 20));
            assert_eq!(reap(grandchild), 0);
            assert_eq!(before.elapsed(), SECOND * 50);
        });
        assert_eq!(reap(child), 0);
        assert_eq!(before.elapsed(), SECOND * 50);
    });
}

fn a_program_that_is_executed_finds_the_clock_as_it_is() {
    lasts(SECOND * 33, || {
        let before = Clocks::read();
        let output = Command::new("/bin/sh")
            .args(["-c", "sleep 30; date +%s; exec sleep 3"])
            .output()
            .unwrap();
        assert!(output.status.success());
        let shown = format!("{}\n", START.as_secs() + 30);
        assert_eq!(String::from_utf8_lossy(&output.stdout), shown);
        assert_eq!(before.elapsed(), SECOND * 33);
    });
}

fn children_sleep_at_the_same_time() {
    lasts(SECOND * 40, || {
        let before = Clocks::read();
        let children = [40, 20, 30].map(|seconds| {
            fork(|| {
                std::thread::sleep(SECOND * seconds);
                assert_eq!(before.elapsed(), SECOND * seconds);
            })
        });
        assert_eq!(children.map(reap), [0; 3]);
        assert_eq!(before.elapsed(), SECOND * 40);
    });
}

fn a_process_whose_first_thread_has_ended_goes_on() {
    lasts(SECOND * 60, || {
        let child = fork(|| {
            let before = Clocks::read();
            std::thread::Builder::new()
                .spawn(move || {
                    for nap in 1..=2 {
                        std::thread::sleep(SECOND * 30);
                        assert_eq!(before.elapsed(), SECOND * 30 * nap);
                    }
                    // The process ends with its last thread.
                    leave(7)
                })
                .unwrap();
            leave_others()
        });
        assert_eq!(reap(child), 7 << 8);
    });
}

/// As programs do that hold secrets (ssh-agent): its /proc would belong to root then (proc(5)), and that of its children.
fn a_process_that_lets_nobody_look_into_it_has_the_same_clock() {
    lasts(SECOND * 30, || {
        let prctl = [libc::PR_SET_DUMPABLE as usize, 0, 0, 0, 0];
        call(libc::SYS_prctl, prctl).unwrap();
        let before = Clocks::read();
        std::thread::sleep(SECOND * 10);
        let child = fork(|| {
            std::thread::sleep(SECOND * 20);
            assert_eq!(before.elapsed(), SECOND * 30);
        });
        assert_eq!(reap(child), 0);
        assert_eq!(before.elapsed(), SECOND * 30);
    });
}

fn a_process_that_was_stopped_sleeps_no_longer_for_it() {
    lasts(SECOND * 60, || {
        let child = fork(|| {
            let before = Clocks::read();
            std::thread::sleep(SECOND * 60);
            assert_eq!(before.elapsed(), SECOND * 60);
        });
        for signal in [libc::SIGSTOP, libc::SIGCONT] {
            std::thread::sleep(SECOND * 10);
            call(libc::SYS_kill, [child as usize, signal as usize]).unwrap();
        }
        assert_eq!(reap(child), 0);
    });
}
