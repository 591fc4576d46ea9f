//! The proxy as its clients see it.

mod endpoints;
mod faults;
mod fixture;
