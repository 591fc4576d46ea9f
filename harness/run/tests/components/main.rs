//! Real programs in place of fakes: what starts, what does not, and what is kept of their words.

mod daemon;
mod fixture;
mod refused;
mod serving;
