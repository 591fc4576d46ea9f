//! Where a request wants to go.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

/// A host and port behind the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Whether TLS is spoken there.
    pub(crate) secure: Secure,
    /// The host's name, as the client spelled it but in lower case.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
}

/// Whether TLS is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secure {
    /// `http`
    Plain,
    /// `https`
    Tls,
}

impl Target {
    /// The target of `CONNECT host:port` (RFC 9112 §3.2.3), where TLS is assumed; `None` without a port.
    pub(crate) fn of_connect(uri: &Uri) -> Option<Self> {
        Some(Self {
            secure: Secure::Tls,
            host: uri.host()?.to_ascii_lowercase(),
            port: uri.port_u16()?,
        })
    }

    /// The target of an absolute URL (RFC 9112 §3.2.2); `None` where `uri` is none.
    pub(crate) fn of_url(uri: &Uri) -> Option<Self> {
        let secure = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTP => Secure::Plain,
            scheme if *scheme == Scheme::HTTPS => Secure::Tls,
            _ => return None,
        };
        Some(Self {
            secure,
            host: uri.host()?.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(secure.default_port()),
        })
    }

    /// The scheme of its URLs.
    pub(crate) fn scheme(&self) -> Scheme {
        match self.secure {
            Secure::Plain => Scheme::HTTP,
            Secure::Tls => Scheme::HTTPS,
        }
    }
}

impl Secure {
    fn default_port(self) -> u16 {
        match self {
            Self::Plain => 80,
            Self::Tls => 443,
        }
    }
}

/// The authority of its URLs: the port stands there only where it is not the scheme's own.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.port != self.secure.default_port() {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn a_url_without_a_port_means_that_of_its_scheme() {
        let target = Target::of_url(&uri("http://Git.Example/x?y=1")).unwrap();
        assert_eq!((target.host.as_str(), target.port), ("git.example", 80));
        assert_eq!(target.to_string(), "git.example");
        let target = Target::of_url(&uri("https://git.example:8443/")).unwrap();
        assert_eq!((target.secure, target.port), (Secure::Tls, 8443));
        assert_eq!(target.to_string(), "git.example:8443");
    }

    #[test]
    fn a_path_alone_and_another_scheme_have_no_target() {
        assert_eq!(Target::of_url(&uri("/x")), None);
        assert_eq!(Target::of_url(&uri("ftp://git.example/x")), None);
    }

    #[test]
    fn connect_needs_a_port() {
        assert_eq!(
            Target::of_connect(&uri("git.example:443")).unwrap().port,
            443
        );
        assert_eq!(Target::of_connect(&uri("git.example")), None);
    }
}
