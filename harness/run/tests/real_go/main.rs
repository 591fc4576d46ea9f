//! What fakes serve, judged by the real `go`: no test below `fakes/` knows where one is.

mod gomod;
mod goproxy;
mod sumdb;
mod toolchain;
