//! Every wait and every clock that programs know, by real processes on a clock of our own.
//!
//! Each test executes this binary again as a process in a sandbox, traced: see [`stage`]. What the process finds wrong it says by a panic.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

mod call;
mod clocks;
mod futexes;
mod hangs;
mod polls;
mod processes;
mod signals;
mod sleeps;
mod sockets;
mod stage;
mod timers;

/// The tests of a module, by name.
macro_rules! tests {
    ($($(#[$when:meta])? $test:ident),* $(,)?) => {
        pub(crate) const TESTS: &[(&str, fn())] = &[
            $($(#[$when])? (concat!(module_path!(), "::", stringify!($test)), $test),)*
        ];
    };
}
use tests;

fn main() -> ExitCode {
    let tests = [
        clocks::TESTS,
        futexes::TESTS,
        hangs::TESTS,
        polls::TESTS,
        processes::TESTS,
        signals::TESTS,
        sleeps::TESTS,
        sockets::TESTS,
        timers::TESTS,
    ]
    .concat();
    if let Some(name) = stage::routine() {
        let test = tests.iter().find(|(test, _)| *test == name);
        test.expect("the test that names itself is listed").1();
        return ExitCode::SUCCESS;
    }
    let trial = |(name, test): (&'static str, fn())| {
        Trial::test(name.trim_start_matches("clock::"), move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(
        &Arguments::from_args(),
        tests.into_iter().map(trial).collect(),
    )
    .exit_code()
}
