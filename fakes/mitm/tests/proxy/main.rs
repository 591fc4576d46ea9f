//! The proxy as curl and go see it: clients that we did not write.

mod fixture;
mod forward;
mod terminate;
mod tunnel;
