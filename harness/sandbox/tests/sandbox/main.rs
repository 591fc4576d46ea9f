//! Real namespaces: each test makes a sandbox and looks at it from inside and outside.
#![cfg(target_os = "linux")]

mod acknowledgements;
mod client;
mod common;
mod ending;
mod files;
mod holding;
mod network;
mod processes;
