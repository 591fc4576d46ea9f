//! Whether this machine lets a command run on a clock of our own.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use modfault_clock::{
    Setup, Silent, Standstill, Supervisor, Surroundings, SynRetries, refusal, this_thread,
};
use modfault_kit::Clock;
use modfault_sandbox::preflight::Limit;
use modfault_sandbox::{Command, End, Sandbox, SandboxPlan};

/// Why there is no virtual clock on this machine.
#[derive(Clone, Debug)]
pub struct ClockRefusal {
    source: Arc<io::Error>,
    limits: Vec<Limit>,
}

impl ClockRefusal {
    /// What stands in the way, and what lifts it.
    pub fn limits(&self) -> &[Limit] {
        &self.limits
    }
}

impl fmt::Display for ClockRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tracing a command is refused: {}", self.source)
    }
}

impl std::error::Error for ClockRefusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// Why this machine has no virtual clock; `None` where it has one. Tried once, in a world of its own; where not even that
/// can be made nothing is refused, for that is another matter.
pub fn clock_refusal() -> Option<&'static ClockRefusal> {
    static REFUSAL: OnceLock<Option<ClockRefusal>> = OnceLock::new();
    let refusal = REFUSAL.get_or_init(|| {
        let sandbox = Sandbox::create(&SandboxPlan::default()).ok()?;
        let source = nap(sandbox).err()?;
        Some(ClockRefusal {
            limits: refusal::explain(&source),
            source: Arc::new(source),
        })
    });
    refusal.as_ref()
}

/// How long the trial sleeps: long in reality, nothing on a clock of our own.
const NAP: u32 = 5;

/// Lets a command sleep on a clock of our own.
fn nap(sandbox: Sandbox) -> io::Result<()> {
    let (_clock, keeper) = Clock::virtual_from_zero();
    let supervisor = Supervisor::begin(Setup {
        keeper,
        start: Duration::ZERO,
        others: vec![this_thread(), sandbox.pid()],
        syn_retries: SynRetries {
            doubling: 0,
            linear: 0,
        },
        surroundings: Box::new(Nothing),
    })?;
    let slept = sleep(&sandbox, &supervisor);
    sandbox.destroy();
    supervisor.end();
    slept
}

fn sleep(sandbox: &Sandbox, supervisor: &Supervisor) -> io::Result<()> {
    let command = Command::new(["/bin/sleep", &NAP.to_string()]);
    let mut process = supervisor.spawn(sandbox, command)?;
    let began = Instant::now();
    match process.wait()?.end {
        End::NotSetUp(errno) => Err(io::Error::from_raw_os_error(errno)),
        End::Code(0) if began.elapsed() >= Duration::from_secs(NAP.into()) => {
            Err(io::Error::other("time could not be moved"))
        }
        End::Code(0) => Ok(()),
        other => Err(io::Error::other(format!(
            "a traced command ended as {other:?}"
        ))),
    }
}

/// A world without anything.
struct Nothing;

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

    fn tell(&self, _standstill: Standstill) {}
}
