//! The namespaces, mounts, processes and sockets of one world: the only room that talks to the kernel.
//!
//! [`SandboxPlan`] says what is wanted, [`Sandbox::create`] makes it without root, from any process with any number of threads. Then:
//! [`Command`] and [`Process`] run programs inside, [`Files`] reaches the client's files from outside, [`WireEnds`] are the two
//! ends of the wire, [`Broker`] and the `bind_*` functions give sockets of the internet side. [`preflight`] says what a machine lacks.
//!
//! ```text
//!   our process                              the sandbox
//!   Sandbox ── control socket ── init (PID 1): does a Script prepared before it was forked, then serves requests
//!                                  ├── command, as uid 1000 in a user namespace of its own
//!                                  └── command
//! ```
#![cfg_attr(
    not(target_os = "linux"),
    expect(unused, reason = "there is nothing to do")
)]

pub mod error;
pub mod plan;
pub mod preflight;

#[cfg(target_os = "linux")]
mod broker;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod control;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod identity;
#[cfg(target_os = "linux")]
mod init;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod layout;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod paths;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(target_os = "linux")]
mod script;
#[cfg(target_os = "linux")]
mod sources;
#[cfg(target_os = "linux")]
mod sys;

#[cfg(not(target_os = "linux"))]
mod elsewhere;

pub use error::SandboxError;
pub use plan::{Bind, BindAccess, Content, Entry, NetworkPlan, Offloads, Owner, SandboxPlan};
pub use preflight::Limit;

#[cfg(target_os = "linux")]
pub use self::{
    broker::Broker,
    command::{Command, Hold, Output, Place, User},
    files::Files,
    identity::CLIENT_ID,
    layout::{HOME, TOOLCHAIN},
    network::{CLIENT_MAC, GATEWAY_MAC},
    process::{End, Process, ProcessExit, Signal},
    sandbox::{Sandbox, WireEnds},
    sources::is_lent,
};
#[cfg(target_os = "linux")]
use identity::Identity;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::Sandbox;
