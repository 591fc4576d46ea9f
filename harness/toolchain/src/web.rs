//! Asking hosts for files, as a machine behind a corporate proxy must.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use url::Url;

use crate::environment::Environment;
use crate::error::Error;
use crate::hop::{Hop, Problem};
use crate::netrc::{Login, Netrc};

mod proxies;

use proxies::Proxies;

/// How many answers in a row may send a request elsewhere.
const REDIRECTS: usize = 10;

/// The largest page of text that is read: the index page of a project is some 100 kB.
const PAGE_LIMIT: u64 = 64 << 20;

/// A client with the user's proxies, authorities and logins.
pub(crate) struct Web {
    agent: ureq::Agent,
    netrc: Netrc,
    proxies: Proxies,
}

/// An answer whose body is yet to be read.
pub(crate) struct Answer {
    /// Where it came from in the end.
    pub(crate) url: Url,
    /// `Content-Type`, or nothing.
    pub(crate) content_type: String,
    /// How many bytes follow, if that was said.
    pub(crate) length: Option<u64>,
    /// The bytes.
    pub(crate) body: Box<dyn Read>,
}

impl Web {
    /// A client for this user.
    pub(crate) fn new(environment: &Environment) -> Result<Self, Error> {
        let tls = TlsConfig::builder().root_certs(roots(environment)?).build();
        // each redirect is a hop of its own here: it may need another proxy, and must not get the first host's login
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("modfault/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            .timeout_per_read(Some(Duration::from_secs(60)))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            netrc: Netrc::load(environment),
            proxies: Proxies::new(environment),
        })
    }

    /// A whole page of text, with the address it came from and its `Content-Type`.
    pub(crate) fn page(&self, url: &Url, accept: &str) -> Result<(Url, String, String), Hop> {
        let answer = self.open(url, accept)?;
        let mut text = String::new();
        answer
            .body
            .take(PAGE_LIMIT)
            .read_to_string(&mut text)
            .map_err(|error| Hop::new(&answer.url, None, Problem::Io(error)))?;
        Ok((answer.url, answer.content_type, text))
    }

    /// The answer to a GET of an `http`, `https` or `file` URL, after redirects.
    pub(crate) fn open(&self, url: &Url, accept: &str) -> Result<Answer, Hop> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            if url.scheme() == "file" {
                return open_file(&url);
            }
            let proxy = self.proxies.of(&url);
            let failed = |problem| Hop::new(&url, proxy, problem);
            let response = self.ask(&url, proxy, accept).map_err(failed)?;
            let status = response.status();
            if status.is_redirection() {
                let next = response
                    .headers()
                    .get("location")
                    .and_then(|value| value.to_str().ok())
                    .and_then(|location| url.join(location).ok())
                    .filter(|next| matches!(next.scheme(), "http" | "https"))
                    .ok_or_else(|| failed(Problem::Status(status.as_u16())))?;
                // what was asked for in private is not fetched in the open
                if url.scheme() == "https" && next.scheme() == "http" {
                    return Err(failed(Problem::Url("it leads from https to http".into())));
                }
                url = next;
                continue;
            }
            if !status.is_success() {
                return Err(failed(Problem::Status(status.as_u16())));
            }
            let content_type = response
                .headers()
                .get("content-type")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            let body = response.into_body();
            return Ok(Answer {
                url,
                content_type,
                length: body.content_length(),
                body: Box::new(body.into_with_config().limit(u64::MAX).reader()),
            });
        }
        Err(Hop::new(&url, None, Problem::Redirects))
    }

    fn ask(
        &self,
        url: &Url,
        proxy: Option<&Url>,
        accept: &str,
    ) -> Result<ureq::http::Response<ureq::Body>, Problem> {
        let proxy = proxy
            .map(|proxy| ureq::Proxy::new(proxy.as_str()))
            .transpose()
            .map_err(|error| Problem::Transport(error.to_string()))?;
        let mut bare = url.clone();
        let login = self.login(url);
        if bare.set_username("").is_err() || bare.set_password(None).is_err() {
            return Err(Problem::Url("it names no host".into()));
        }
        bare.set_fragment(None);
        let mut request = self
            .agent
            .get(bare.as_str())
            .config()
            .proxy(proxy)
            .build()
            .header("accept", accept);
        if let Some(login) = login {
            let pair = STANDARD.encode(format!("{}:{}", login.user, login.password));
            request = request.header("authorization", format!("Basic {pair}"));
        }
        request.call().map_err(problem)
    }

    /// What the URL itself says, else `.netrc`; a login goes over https, or to where the URL carries it.
    fn login(&self, url: &Url) -> Option<Login> {
        if !url.username().is_empty() || url.password().is_some() {
            return Some(Login {
                user: decoded(url.username()),
                password: decoded(url.password().unwrap_or_default()),
            });
        }
        if url.scheme() != "https" {
            return None;
        }
        self.netrc.login(url.host_str()?).cloned()
    }
}

fn open_file(url: &Url) -> Result<Answer, Hop> {
    let failed = |problem| Hop::new(url, None, problem);
    let path = url
        .to_file_path()
        .map_err(|()| failed(Problem::Url("no path of this machine".into())))?;
    let file = File::open(&path).map_err(|error| failed(Problem::Io(error)))?;
    Ok(Answer {
        url: url.clone(),
        content_type: String::new(),
        length: file.metadata().ok().map(|metadata| metadata.len()),
        body: Box::new(file),
    })
}

/// Undoes percent-encoding (RFC 3986, 2.1); what is not UTF-8 then is not a login we can send.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// In our words where we have better ones.
fn problem(error: ureq::Error) -> Problem {
    match error {
        ureq::Error::HostNotFound => Problem::NoSuchHost,
        ureq::Error::Timeout(_) => Problem::TimedOut,
        ureq::Error::Io(error) => Problem::Io(error),
        ureq::Error::ConnectProxyFailed(answer) => answer
            .split_whitespace()
            .find_map(|word| word.parse().ok())
            .filter(|status| (100..600).contains(status))
            .map_or(Problem::Transport(answer), Problem::ProxyStatus),
        other => Problem::Transport(other.to_string()),
    }
}

/// The authorities that SSL_CERT_FILE and SSL_CERT_DIR name, else the system's store.
fn roots(environment: &Environment) -> Result<RootCerts, Error> {
    let file = environment.value("SSL_CERT_FILE").map(PathBuf::from);
    let directories: Vec<PathBuf> = environment
        .value("SSL_CERT_DIR")
        .map(|list| list.split(':').map(PathBuf::from).collect())
        .unwrap_or_default();
    let Some(named) = file.clone().or_else(|| directories.first().cloned()) else {
        return Ok(RootCerts::PlatformVerifier);
    };
    let mut certificates = Vec::new();
    // a file that is named is enough, as for OpenSSL: the directory of a store holds the same ones again
    match file {
        Some(file) => {
            let pem = std::fs::read(&file).map_err(Error::io("read", &file))?;
            collect(&pem, &mut certificates);
        }
        None => {
            for directory in &directories {
                for path in files_of(directory) {
                    if let Ok(pem) = std::fs::read(path) {
                        collect(&pem, &mut certificates);
                    }
                }
            }
        }
    }
    if certificates.is_empty() {
        return Err(Error::NoCertificates { path: named });
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

fn collect(pem: &[u8], into: &mut Vec<ureq::tls::Certificate<'static>>) {
    for item in parse_pem(pem) {
        if let Ok(PemItem::Certificate(certificate)) = item {
            into.push(certificate);
        }
    }
}

fn files_of(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_a_url_is_decoded_before_it_is_sent() {
        assert_eq!(decoded("p%40ss%2Fword%"), "p@ss/word%");
        assert_eq!(decoded("%zz"), "%zz");
    }

    #[test]
    fn a_store_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let environment = Environment::new([("SSL_CERT_FILE".into(), path.clone())]);
        let Err(Error::NoCertificates { path: named }) = Web::new(&environment).map(drop) else {
            panic!("an empty store was taken");
        };
        assert_eq!(named, PathBuf::from(path));
    }
}
