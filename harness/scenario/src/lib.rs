//! A scenario file, parsed and checked: pure, and knows nothing of machines, processes or reports.
//!
//! Read in this order: [`scenario`] is the result, made of [`client`], [`claim`], [`host`], [`component`], [`name_service`], [`module`], [`expect`], [`probe`], [`kind`], [`sumdb`]
//! and [`time`]; `file` is what stands in a file, `shape` holds a file against the [`schema`] made from those types, `check`
//! asks whether it makes sense, and [`parse()`] is all of that in turn. [`diagnostic`] is what can be wrong.

pub mod address;
mod check;
pub mod claim;
pub mod client;
pub mod component;
pub mod covers;
pub mod describe;
pub mod diagnostic;
pub mod expect;
mod file;
pub mod host;
pub mod kind;
pub mod module;
pub mod name_service;
mod parse;
pub mod probe;
pub mod scenario;
mod schema;
mod shape;
pub mod shell;
pub mod ssh;
pub mod sumdb;
mod template;
pub mod time;
pub mod tool;
pub mod version;

pub use address::{NOWHERE, RESOLVER};
pub use check::KNOWN_NEEDS;
pub use claim::{Bilingual, CLAIMS, Claim, ClaimId, ClaimVerdict, Prediction};
pub use client::{Action, ClientSpec, FileContent, ScenarioStep};
pub use component::{ComponentSpec, KnownComponent};
pub use covers::Row;
pub use diagnostic::{Code, Diagnostic, Label};
pub use expect::{Expect, Expectation};
pub use host::{Authority, HostSpec, Login, PortUse};
pub use kind::{Kind, Layer, Phase, Stopped};
pub use module::{Module, ModuleLibrary, ModuleVersionSource};
pub use parse::parse;
pub use probe::{Insight, Moment, Probe};
pub use scenario::{ClockChoice, Lift, Patch, Remedy, Scenario, ScenarioFault, ScenarioId};
pub use schema::schema;
pub use ssh::SshSpec;
pub use template::template;
pub use time::{InvalidTime, WallTime};
pub use tool::Tool;
pub use version::{GoVersion, VersionRange};
