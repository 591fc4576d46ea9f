//! The proxy as curl sees it: a client that we did not write.

mod fixture;
mod forward;
mod terminate;
mod tunnel;
