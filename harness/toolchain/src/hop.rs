//! What was tried, told hop by hop.

use std::fmt;
use std::io;

use url::Url;

/// One place that was asked for a toolchain, and why it did not serve.
#[derive(Debug)]
pub struct Attempt {
    /// The kind of place, in words: `the module proxy`, `the pip index`.
    pub route: &'static str,
    /// Where it ended.
    pub hop: Hop,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.route, self.hop)
    }
}

/// One request on the way, and what went wrong with it. Its text holds no credentials.
#[derive(Debug)]
pub struct Hop {
    /// What was asked for, without credentials.
    url: String,
    /// The HTTP proxy that the request went through, without credentials.
    through: Option<String>,
    /// What went wrong.
    problem: Problem,
}

impl Hop {
    pub(crate) fn new(url: &Url, through: Option<&Url>, problem: Problem) -> Self {
        Self {
            url: shown(url),
            through: through.map(shown),
            problem,
        }
    }

    /// A place that could not even be asked, by the text the user gave for it.
    pub(crate) fn unasked(place: &str, problem: Problem) -> Self {
        Self {
            url: place.to_owned(),
            through: None,
            problem,
        }
    }

    pub(crate) fn problem(&self) -> &Problem {
        &self.problem
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.url)?;
        if let Some(proxy) = &self.through {
            write!(f, " through the proxy `{proxy}`")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Why a hop did not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("it answered {0}")]
    Status(u16),
    #[error("it answered {0}: the proxy wants a login, or refuses the host")]
    ProxyStatus(u16),
    #[error("there is no such host")]
    NoSuchHost,
    #[error("no answer in time")]
    TimedOut,
    #[error("{0}")]
    Transport(String),
    #[error("{0}")]
    Io(io::Error),
    #[error("it sent the request around in a circle")]
    Redirects,
    #[error("this is not a URL that can be asked: {0}")]
    Url(String),
    #[error("it lists no file for {0}")]
    NotListed(String),
    #[error("nothing states the hash that it should have, so it cannot be verified")]
    Unstated,
    #[error("the hash is wrong: {wanted} was {by}, {found} came")]
    WrongHash {
        wanted: String,
        by: &'static str,
        found: String,
    },
    #[error("the archive is broken: {0}")]
    Archive(String),
    #[error("the archive holds `{0}`, which would land outside its directory")]
    Escapes(String),
    #[error("it holds {found}, not {wanted}")]
    OtherVersion { wanted: String, found: String },
    #[error("stopped")]
    Stopped,
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A URL without its user, password, query or fragment: each may be a secret.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // these two fail only for URLs that cannot have credentials
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return url.path().to_owned();
    }
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_names_the_proxy_and_shows_no_secret() {
        let url = Url::parse("https://ada:s3cret@pypi.corp.example/simple/?token=s3cret").unwrap();
        let proxy = Url::parse("http://bob:s3cret@proxy.corp.example:3128").unwrap();
        let text = Hop::new(&url, Some(&proxy), Problem::Status(403)).to_string();
        assert_eq!(
            text,
            "`https://pypi.corp.example/simple/` through the proxy `http://proxy.corp.example:3128/`: it answered 403"
        );
    }
}
