//! What the reports look like, without colour.

mod card;
mod change;
mod claims;
mod conform;
mod diagnostics;
mod example;
mod machines;
mod probes;
mod show;
mod terminal;
