//! The database as its clients see it.

mod client;
mod endpoints;
mod faults;
mod fixture;
