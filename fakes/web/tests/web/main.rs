//! The web server as clients see it that we did not write: curl, OpenSSL, and bare sockets.

mod answers;
mod faults;
mod fixture;
mod http2;
mod middlebox;
mod stalls;
mod tls;
mod vanity;
