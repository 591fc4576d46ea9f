//! The wire: the user-space network between the client and the small internet. Every packet passes through it.
//!
//! Read in this order: [`map`] says which host has which address; [`frame`] reads the headers of a frame, [`reply`]
//! makes frames of our own; `flow` is what is remembered of a connection, [`router`] decides what becomes of a frame and asks `fault`
//! what the faults of the flow do to it;
//! `settle` keeps the books of what the two kernels owe each other, which [`unsettled`] shows to other threads;
//! [`line`] reads, asks the router and sends.

mod fault;
mod flow;
pub mod frame;
pub mod line;
pub mod map;
pub mod reply;
pub mod router;
mod settle;
pub mod unsettled;

pub use line::{InFlight, Line, Traffic, WireEnds, WireReport, run};
pub use map::AddressMap;
pub use router::{Action, Router, Verdict};
pub use unsettled::{SilentFlow, Unsettled};
