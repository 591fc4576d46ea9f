//! Header fields that are between two neighbours and no further (RFC 9110 §7.6.1).

use http::header::{
    CONNECTION, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

use modfault_kit::HostName;

/// What concerns one connection whether `Connection` names it or not.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Makes `headers` those of the message that the proxy called `proxy` passes on: hop-by-hop fields go, `Via` comes (RFC 9110 §7.6.3).
pub(crate) fn pass_on(headers: &mut HeaderMap, proxy: &HostName) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    if let Ok(via) = HeaderValue::try_from(format!("1.1 {proxy}")) {
        headers.append(VIA, via);
    }
}

/// As [`pass_on`] for a request, whose body is whole and whose host is said anew.
pub(crate) fn pass_on_request(headers: &mut HeaderMap, proxy: &HostName) {
    pass_on(headers, proxy);
    headers.remove(EXPECT);
    headers.remove(HOST);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn fields_of_one_hop_are_dropped_and_the_others_kept() {
        let proxy = HostName::parse("proxy.example").unwrap();
        let mut passed = headers(&[
            ("connection", "close, X-Once"),
            ("x-once", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic eA=="),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("authorization", "Basic eQ=="),
            ("accept", "*/*"),
        ]);
        pass_on(&mut passed, &proxy);
        assert_eq!(
            passed,
            headers(&[
                ("authorization", "Basic eQ=="),
                ("accept", "*/*"),
                ("via", "1.1 proxy.example"),
            ])
        );
    }

    #[test]
    fn via_tells_every_proxy_on_the_way() {
        let mut passed = headers(&[("via", "1.1 first.example"), ("host", "x.example")]);
        pass_on_request(&mut passed, &HostName::parse("second.example").unwrap());
        let via: Vec<_> = passed.get_all(VIA).iter().collect();
        assert_eq!(via, ["1.1 first.example", "1.1 second.example"]);
        assert!(!passed.contains_key(HOST));
    }
}
