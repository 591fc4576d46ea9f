//! The clock of a phase: the machine's, or one of the world's own that a supervisor moves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use modfault_clock::{
    Setup, Silent, Standstill, Supervisor, Surroundings, SynRetries, this_thread,
};
use modfault_kit::clock::TimeKeeper;
use modfault_kit::{Clock, Recorder};
use modfault_outcome::ObservedClock;
use modfault_sandbox::Sandbox;
use modfault_wire::Unsettled;
use modfault_world::{World, WorldClock};

use crate::error::RunError;
use crate::refusal::clock_refusal;

/// Which clock a phase shall run under.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockWish {
    /// The scenario's, and the machine's where tracing is refused.
    #[default]
    Auto,
    /// The scenario's; where tracing is refused nothing runs.
    Virtual,
    /// The machine's.
    Real,
}

/// The clock of a phase before its world is there.
pub(crate) struct Chosen {
    pub(crate) clock: Clock,
    pub(crate) observed: ObservedClock,
    keeper: Option<TimeKeeper>,
}

/// What moves the clock of a world.
pub(crate) struct Time {
    pub(crate) supervisor: Supervisor,
    /// That time has come to an end.
    pub(crate) news: mpsc::UnboundedReceiver<Standstill>,
    /// Bytes that the command has printed.
    pub(crate) printed: Arc<AtomicU64>,
}

impl Chosen {
    /// The clock that `world` shall have by `wish`.
    pub(crate) fn of(world: &World, wish: ClockWish) -> Result<Self, RunError> {
        let real = |reason: Option<String>| Self {
            clock: Clock::real(),
            observed: ObservedClock::Real { reason },
            keeper: None,
        };
        let start = match (&world.clock, wish) {
            (_, ClockWish::Real) => return Ok(real(None)),
            (WorldClock::Real { reason }, _) => return Ok(real(Some(reason.clone()))),
            (WorldClock::Virtual { start }, _) => *start,
        };
        match (clock_refusal(), wish) {
            (Some(refusal), ClockWish::Virtual) => {
                return Err(RunError::Clock {
                    refusal: refusal.clone(),
                });
            }
            (Some(refusal), _) => return Ok(real(Some(refusal.to_string()))),
            (None, _) => {}
        }
        let (clock, keeper) = Clock::virtual_from_zero();
        Ok(Self {
            clock,
            observed: ObservedClock::Virtual { start },
            keeper: Some(keeper),
        })
    }

    /// Begins to move it, where it does not move by itself. The calling thread is the world's.
    pub(crate) fn begin(
        &self,
        world: &World,
        sandbox: &Sandbox,
        recorder: &Recorder,
        unsettled: Option<Unsettled>,
    ) -> Result<Option<Time>, RunError> {
        let (Some(keeper), ObservedClock::Virtual { start }) = (&self.keeper, &self.observed)
        else {
            return Ok(None);
        };
        let (tell, news) = mpsc::unbounded_channel();
        let printed = Arc::new(AtomicU64::new(0));
        let supervisor = Supervisor::begin(Setup {
            keeper: keeper.clone(),
            start: Duration::from_secs(start.seconds_since_epoch()),
            others: vec![this_thread(), sandbox.pid()],
            syn_retries: syn_retries(&world.client.sysctls),
            surroundings: Box::new(Around {
                unsettled,
                recorder: recorder.clone(),
                printed: Arc::clone(&printed),
                tell,
            }),
        })
        .map_err(|source| RunError::System {
            operation: "begin the world's clock",
            source,
        })?;
        Ok(Some(Time {
            supervisor,
            news,
            printed,
        }))
    }
}

/// What the client's kernel may decide by its own timers, which cannot be moved: it is put out of reach, and foretold instead.
pub(crate) const KERNEL_PATIENCE: [(&str, &str); 2] =
    [(SYN_RETRIES, "127"), ("net.ipv4.tcp_retries2", "255")];

const SYN_RETRIES: &str = "net.ipv4.tcp_syn_retries";
const SYN_LINEAR_TIMEOUTS: &str = "net.ipv4.tcp_syn_linear_timeouts";

/// How often the client believes that its kernel repeats a SYN: as the scenario has it, or as Linux does without being told (ip-sysctl).
fn syn_retries(sysctls: &BTreeMap<String, String>) -> SynRetries {
    let said = |name: &str, otherwise| {
        let said = sysctls
            .get(name)
            .and_then(|value| value.trim().parse().ok());
        said.unwrap_or(otherwise)
    };
    // The linear ones came with Linux 6.5.
    let linear = Path::new("/proc/sys/net/ipv4/tcp_syn_linear_timeouts").exists();
    SynRetries {
        doubling: said(SYN_RETRIES, 6),
        linear: said(SYN_LINEAR_TIMEOUTS, if linear { 4 } else { 0 }),
    }
}

/// The world around the command.
struct Around {
    unsettled: Option<Unsettled>,
    recorder: Recorder,
    printed: Arc<AtomicU64>,
    tell: mpsc::UnboundedSender<Standstill>,
}

impl Surroundings for Around {
    fn unsettled(&self) -> usize {
        self.unsettled.as_ref().map_or(0, Unsettled::count)
    }

    fn describe(&self) -> Vec<String> {
        self.unsettled
            .as_ref()
            .map(Unsettled::describe)
            .unwrap_or_default()
    }

    fn silent(&self) -> Vec<Silent> {
        let flows = self.unsettled.as_ref().map(Unsettled::silent);
        flows
            .unwrap_or_default()
            .into_iter()
            .map(|flow| Silent {
                client_port: flow.client_port,
                since: flow.since,
                established: flow.established,
            })
            .collect()
    }

    fn progress(&self) -> u64 {
        let carried = self.unsettled.as_ref().map_or(0, Unsettled::carried);
        self.recorder.recorded() + self.printed.load(Ordering::Relaxed) + carried
    }

    fn tell(&self, standstill: Standstill) {
        // Nobody listens any more when the phase is over.
        drop(self.tell.send(standstill));
    }
}
