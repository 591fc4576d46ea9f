//! A module proxy: the GOPROXY protocol whole (<https://go.dev/ref/mod#goproxy-protocol>), and every way to get it wrong.
//!
//! Read in this order: [`content`] is what a proxy has; `wanted` tells what a path asks for, `served` what the content
//! has for that, `bend` what a fault makes of it; [`site`] puts them together behind a web server.

mod bend;
pub mod content;
mod served;
pub mod site;
mod wanted;

pub use content::{GoproxyContent, ModuleContent, VersionContent};
pub use site::GoproxySite;
