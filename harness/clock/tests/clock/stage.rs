//! A process on a clock of our own: this test binary, executed once more in a sandbox, where it does one routine.

use std::any::type_name;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use modfault_clock::{
    Setup, Silent, Sleeper, Standstill, Supervisor, Surroundings, SynRetries, this_thread,
};
use modfault_kit::Clock;
use modfault_sandbox::{Bind, BindAccess, Command, End, Process, Sandbox, SandboxPlan};

use crate::call;

/// What the clock on the wall shows at first: the year 2100, so that it is nobody's real date, and later than any.
pub(crate) const START: Duration = Duration::from_secs(4_102_444_800);

/// What is certainly longer than to make a sandbox and to do a routine.
const LONG: Duration = Duration::from_secs(10);

/// Where the process finds this binary.
const PROGRAM: &str = "/routine";
/// The variable by which it knows that it is on the stage, and what for.
const ON_STAGE: &str = "MODFAULT_ON_STAGE";
/// What it says when the routine has come to its end.
const DONE: &str = "the routine is done";

/// What was seen from outside.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) end: End,
    pub(crate) output: String,
    /// What the world's clock shows at the end.
    pub(crate) world: Duration,
    pub(crate) real: Duration,
    /// Who slept, where the process would have waited for ever.
    pub(crate) for_ever: Option<Vec<Sleeper>>,
}

/// Does `routine` on a clock of our own; it takes exactly `expected` there, and less in reality.
pub(crate) fn lasts(expected: Duration, routine: impl Fn()) {
    let Some(seen) = seen(routine) else { return };
    let output = &seen.output;
    assert_eq!(seen.for_ever, None, "{output}");
    assert_eq!(seen.end, End::Code(0), "{output}");
    assert!(output.contains(DONE), "{output}");
    assert_eq!(seen.world, expected, "{output}");
    assert!(expected < LONG || seen.real < expected, "{:?}", seen.real);
}

/// Does `routine` on a clock of our own, and gives what was seen; `None` in the process that does it.
pub(crate) fn seen<R: Fn()>(routine: R) -> Option<Seen> {
    if self::routine().is_some() {
        routine();
        io::stdout().write_all(DONE.as_bytes()).unwrap();
        return None;
    }
    // The routine is a closure in the test: `clock::sleeps::a_nap::{{closure}}`.
    Some(perform(
        type_name::<R>().strip_suffix("::{{closure}}").unwrap(),
        Duration::ZERO,
    ))
}

/// The same, with what is told so long after the end of the process.
pub(crate) fn seen_after<R: Fn()>(end: Duration, routine: R) -> Option<Seen> {
    if self::routine().is_some() {
        return seen(routine);
    }
    Some(perform(
        type_name::<R>().strip_suffix("::{{closure}}").unwrap(),
        end,
    ))
}

/// The test whose routine this process is to do, if it is on the stage.
pub(crate) fn routine() -> Option<String> {
    std::env::var(ON_STAGE).ok()
}

fn perform(test: &str, after: Duration) -> Seen {
    let began = Instant::now();
    let sandbox = Sandbox::create(&SandboxPlan {
        binds: vec![Bind {
            source: std::env::current_exe().unwrap(),
            target: PROGRAM.to_owned(),
            access: BindAccess::ReadOnly,
        }],
        ..SandboxPlan::default()
    })
    .unwrap();
    let (news, tell) = io::pipe().unwrap();
    let (_clock, keeper) = Clock::virtual_from_zero();
    let supervisor = Supervisor::begin(Setup {
        keeper: keeper.clone(),
        start: START,
        others: vec![this_thread(), sandbox.pid()],
        syn_retries: SynRetries {
            doubling: 6,
            linear: 4,
        },
        surroundings: Box::new(Nothing(tell)),
    })
    .unwrap();
    let command = Command::new([PROGRAM])
        .env(ON_STAGE, test)
        .env("PATH", "/usr/bin:/bin");
    let mut process = supervisor.spawn(&sandbox, command).unwrap();

    let for_ever = wait(&process, &news);
    let end = process.wait().unwrap().end;
    let for_ever = for_ever.or_else(|| told_within(after, &news));
    let world = keeper.now();
    let mut output = String::new();
    for pipe in [process.stdout.take(), process.stderr.take()] {
        let mut pipe = blocking(pipe.unwrap());
        pipe.read_to_string(&mut output).unwrap();
    }
    sandbox.destroy();
    supervisor.end();
    Seen {
        end,
        output,
        world,
        real: began.elapsed(),
        for_ever,
    }
}

/// Waits for the end of the process, or for the news that it will never come; then it is killed.
fn wait(process: &Process, news: &io::PipeReader) -> Option<Vec<Sleeper>> {
    let mut ready = [process.as_raw_fd(), news.as_raw_fd()].map(call::readable);
    call::poll(&mut ready, -1).unwrap();
    if ready[1].revents == 0 {
        return None;
    }
    process.kill().unwrap();
    Some(told(news))
}

/// What is told within so long in reality.
fn told_within(limit: Duration, news: &io::PipeReader) -> Option<Vec<Sleeper>> {
    let mut ready = [call::readable(news.as_raw_fd())];
    let limit = i64::try_from(limit.as_millis()).unwrap();
    (call::poll(&mut ready, limit).unwrap() > 0).then(|| told(news))
}

fn told(news: &io::PipeReader) -> Vec<Sleeper> {
    let mut bytes = [0; 4096];
    let length = { news }.read(&mut bytes).unwrap();
    let text = std::str::from_utf8(&bytes[..length]).unwrap();
    let sleepers = text.lines().map(|line| {
        let (process, call) = line.split_once('\t').unwrap_or((line, ""));
        Sleeper {
            process: process.to_owned(),
            call: call.to_owned().leak(),
        }
    });
    sleepers.collect()
}

/// A world without anything, which passes on that time has come to an end.
struct Nothing(io::PipeWriter);

impl Surroundings for Nothing {
    fn unsettled(&self) -> usize {
        0
    }

    fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    fn silent(&self) -> Vec<Silent> {
        Vec::new()
    }

    fn progress(&self) -> u64 {
        0
    }

    fn tell(&self, standstill: Standstill) {
        let text: String = match standstill {
            Standstill::ForEver { sleepers, .. } => sleepers
                .into_iter()
                .map(|sleeper| format!("{}\t{}\n", sleeper.process, sleeper.call))
                .collect(),
            Standstill::Stuck { reason } => format!("stuck: {reason}\n"),
        };
        (&self.0).write_all(text.as_bytes()).unwrap();
    }
}

/// The pipe, read to its end: the init of another test's sandbox may have a copy of the other end for as long as it takes to close it.
#[expect(unsafe_code, reason = "fcntl(2)")]
fn blocking(pipe: OwnedFd) -> File {
    // SAFETY: the flags of a descriptor that is ours.
    let result = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETFL, 0) };
    assert_eq!(result, 0);
    File::from(pipe)
}
