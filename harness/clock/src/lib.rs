//! Virtual time for a command that knows nothing of it.
//!
//! The command runs under ptrace(2) and a seccomp(2) program: wherever it waits with a time limit it is made to wait
//! without one, and wherever it reads a clock it reads ours. Time stands still while anything works. When every thread of the
//! command, the world's own thread and all that works for it sleep, and nothing is under way between them, time jumps to the
//! earliest deadline of anyone, and what had that deadline goes on: the command as if its limit were over, a fake from its sleep.
//! Only where the command has worked for seconds on end do moments pass meanwhile: it may be waiting for one, awake.
//!
//! ```text
//!   tracer (one thread a command)      mover (one thread a world)          world (one thread)
//!   seizes, follows, answers           all asleep? nothing under way?      fakes and wire, kit::Clock
//!   notes waits with deadlines  ───▶   earliest deadline  ◀─────────────── sleeps with deadlines
//!   ends the waits that are over ◀──   jumps                ─────────────▶ wakes
//! ```

mod asleep;
mod busy;
mod calls;
mod kernel;
mod memory;
mod mover;
mod patience;
pub mod refusal;
mod registers;
mod rest;
mod seen;
mod sleeping;
mod sockets;
mod standstill;
mod stop;
mod supervisor;
mod sys;
mod timers;
mod timescale;
mod tracees;
mod tracer;
mod vdso;
mod wait;

pub use patience::SynRetries;
pub use standstill::{Silent, Sleeper, Standstill, Surroundings};
pub use supervisor::{Setup, Supervisor, this_thread};
