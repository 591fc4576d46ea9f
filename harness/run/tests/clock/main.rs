//! The virtual clock, with the real `go` and others on it.

mod arithmetic;
mod hangs;
mod load;
mod patience;
mod remains;
mod setting;
