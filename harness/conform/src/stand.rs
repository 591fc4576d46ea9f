//! Where a subject is, and what can be done there.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::seen::{GoRun, UpstreamRequest};

/// A server that speaks HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether it speaks TLS.
    pub tls: bool,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The path below which everything is, without a slash at its end.
    pub prefix: String,
}

impl Target {
    /// What stands in `Host`: the port only where it is not the usual one.
    pub fn authority(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port == usual {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.prefix)
    }
}

/// A stream of bytes to a server, encrypted where that is wanted.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An open connection.
pub type Connection = Box<dyn Stream>;

/// The place where a subject is.
#[expect(
    async_fn_in_trait,
    reason = "nobody but the battery calls it, on one thread"
)]
pub trait Stand {
    /// Why something could not be done there that is no fault of the subject.
    type Error;

    /// The subject.
    fn subject(&self) -> &Target;

    /// The checksum database itself, where it can be asked.
    fn database(&self) -> Option<&Target>;

    /// A connection from the client's place. A server that cannot be reached from there at all is [`io::ErrorKind::Unsupported`].
    async fn connect(&self, to: &Target) -> io::Result<Connection>;

    /// What is wrong upstream ends.
    fn lift(&self);

    /// What the upstream was asked since this was called last.
    async fn upstream(&mut self) -> Vec<UpstreamRequest>;

    /// Runs `go` on the client under this GOPROXY; nothing where there is none.
    async fn go(&mut self, command: &str, goproxy: &str) -> Result<Option<GoRun>, Self::Error>;
}
