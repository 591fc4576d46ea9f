//! Which requests go through which HTTP proxy.

use std::net::IpAddr;

use url::{Host, Url};

use crate::environment::Environment;

/// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, read as `go` reads them (`go doc net/http ProxyFromEnvironment`).
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    exceptions: Vec<Exception>,
}

/// A part of NO_PROXY.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    Everything,
    /// A domain with all names below it, or, with a leading dot or `*.`, only those; perhaps for one port.
    Domain {
        name: String,
        itself: bool,
        port: Option<u16>,
    },
    /// An address block; a single address has all its bits.
    Block {
        address: IpAddr,
        bits: u32,
    },
}

impl Proxies {
    pub(super) fn new(environment: &Environment) -> Self {
        let proxy = |name| {
            environment
                .either_case(name)
                .or_else(|| environment.either_case("ALL_PROXY"))
                .and_then(parse)
        };
        Self {
            http: proxy("HTTP_PROXY"),
            https: proxy("HTTPS_PROXY"),
            exceptions: environment
                .either_case("NO_PROXY")
                .unwrap_or_default()
                .split(',')
                .filter_map(Exception::parse)
                .collect(),
        }
    }

    /// The proxy for a URL, if it takes one. This machine itself is never asked through a proxy.
    pub(super) fn of(&self, url: &Url) -> Option<&Url> {
        let proxy = match url.scheme() {
            "https" => self.https.as_ref(),
            _ => self.http.as_ref(),
        }?;
        let host = url.host()?;
        let own = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        let excepted = self
            .exceptions
            .iter()
            .any(|exception| exception.covers(&host, url.port_or_known_default()));
        (!own && !excepted).then_some(proxy)
    }
}

/// A proxy may stand without its scheme: `proxy.corp.example:3128`.
fn parse(text: &str) -> Option<Url> {
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    Url::parse(&with_scheme).ok().filter(Url::has_host)
}

impl Exception {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text.is_empty() {
            return None;
        }
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, bits)) = text.split_once('/') {
            return Some(Self::Block {
                address: address.parse().ok()?,
                bits: bits.parse().ok()?,
            });
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            return Some(Self::Block { address, bits });
        }
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port.parse().ok()?)),
            None => (text.as_str(), None),
        };
        let below = name.strip_prefix("*.").or_else(|| name.strip_prefix('.'));
        Some(Self::Domain {
            name: below.unwrap_or(name).to_owned(),
            itself: below.is_none(),
            port,
        })
    }

    fn covers(&self, host: &Host<&str>, port: Option<u16>) -> bool {
        match (self, host) {
            (Self::Everything, _) => true,
            (
                Self::Domain {
                    name,
                    itself,
                    port: only,
                },
                Host::Domain(host),
            ) => {
                let below = host
                    .strip_suffix(name.as_str())
                    .is_some_and(|rest| rest.ends_with('.'));
                (only.is_none() || *only == port) && (below || (*itself && host == name))
            }
            (Self::Block { address, bits }, Host::Ipv4(host)) => {
                within(IpAddr::V4(*host), *address, *bits)
            }
            (Self::Block { address, bits }, Host::Ipv6(host)) => {
                within(IpAddr::V6(*host), *address, *bits)
            }
            (Self::Domain { .. }, _) | (Self::Block { .. }, Host::Domain(_)) => false,
        }
    }
}

fn within(host: IpAddr, block: IpAddr, bits: u32) -> bool {
    let same_bits = |a: u128, b: u128, width: u32| {
        let rest = width.saturating_sub(bits);
        a.checked_shr(rest) == b.checked_shr(rest)
    };
    match (host, block) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            same_bits(u128::from(a.to_bits()), u128::from(b.to_bits()), 32)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => same_bits(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(proxies: &Proxies, url: &str) -> Option<String> {
        proxies
            .of(&Url::parse(url).unwrap())
            .and_then(|proxy| proxy.host_str().map(str::to_owned))
    }

    fn proxies(no_proxy: &str) -> Proxies {
        Proxies::new(&Environment::new([
            ("HTTPS_PROXY".into(), "secure.example:3128".into()),
            ("http_proxy".into(), "http://plain.example:3128".into()),
            ("NO_PROXY".into(), no_proxy.into()),
        ]))
    }

    #[test]
    fn each_scheme_has_its_own_proxy_and_this_machine_none() {
        let proxies = proxies("");
        assert_eq!(
            through(&proxies, "https://go.dev/dl"),
            Some("secure.example".into())
        );
        assert_eq!(
            through(&proxies, "http://go.dev/dl"),
            Some("plain.example".into())
        );
        assert_eq!(through(&proxies, "http://localhost:8080/"), None);
        assert_eq!(through(&proxies, "https://127.0.0.1/"), None);
    }

    #[test]
    fn exceptions_are_domains_addresses_and_blocks() {
        let proxies =
            proxies("corp.example, .internal.example,10.0.0.0/8,192.0.2.7,only.example:8443");
        let direct = [
            "https://corp.example/",
            "https://goproxy.corp.example/",
            "https://a.internal.example/",
            "https://10.20.30.40/",
            "https://192.0.2.7/",
            "https://only.example:8443/",
        ];
        for url in direct {
            assert_eq!(through(&proxies, url), None, "{url}");
        }
        let proxied = [
            "https://notcorp.example/",
            "https://internal.example/",
            "https://11.0.0.1/",
            "https://192.0.2.8/",
            "https://only.example/",
        ];
        for url in proxied {
            assert!(through(&proxies, url).is_some(), "{url}");
        }
        assert_eq!(through(&self::proxies("*"), "https://go.dev/"), None);
    }

    #[test]
    fn all_proxy_stands_in_for_both() {
        let proxies = Proxies::new(&Environment::new([(
            "ALL_PROXY".into(),
            "http://all.example".into(),
        )]));
        assert_eq!(
            through(&proxies, "http://a.example/"),
            Some("all.example".into())
        );
        assert_eq!(
            through(&proxies, "https://a.example/"),
            Some("all.example".into())
        );
    }
}
