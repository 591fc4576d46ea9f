//! What a proxy refuses whoever asks for it, as the access lists of Squid do.

use http::{Method, StatusCode, Uri};

use crate::setup::ProxySetup;
use crate::target::Target;
use modfault_kit::select::wildcard;

/// The rules of one proxy.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    hosts: Vec<String>,
    paths: Vec<String>,
    connect_ports: Option<Vec<u16>>,
}

impl Rules {
    /// The rules that `setup` states.
    pub(crate) fn of(setup: &ProxySetup) -> Self {
        Self {
            hosts: setup.deny.clone(),
            paths: setup.deny_paths.clone(),
            connect_ports: setup.connect_ports.clone(),
        }
    }

    /// Why `method` on `uri`, which leads to `target`, is refused; `None` where it is not.
    pub(crate) fn refuse(&self, method: &Method, uri: &Uri, target: &Target) -> Option<String> {
        if self.hosts.iter().any(|host| wildcard(host, &target.host)) {
            return Some(format!("this proxy does not let you reach {}", target.host));
        }
        if method == Method::CONNECT {
            let ports = self.connect_ports.as_ref()?;
            return (!ports.contains(&target.port))
                .then(|| format!("this proxy makes no tunnel to port {}", target.port));
        }
        self.refuse_path(uri)
    }

    /// Why the path of `uri` is refused.
    pub(crate) fn refuse_path(&self, uri: &Uri) -> Option<String> {
        let path = uri.path_and_query()?.as_str();
        self.paths
            .iter()
            .any(|pattern| wildcard(pattern, path))
            .then(|| "this proxy does not let you ask for such a path".to_owned())
    }
}

/// The status of a refusal (RFC 9110 §15.5.4).
pub(crate) const REFUSED: StatusCode = StatusCode::FORBIDDEN;

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            hosts: vec!["*.golang.org".to_owned()],
            paths: vec!["*/@v/*".to_owned()],
            connect_ports: Some(vec![443]),
        }
    }

    fn refused(method: &Method, url: &str) -> bool {
        let uri: Uri = url.parse().unwrap();
        let target = match *method {
            Method::CONNECT => Target::of_connect(&uri),
            _ => Target::of_url(&uri),
        };
        rules().refuse(method, &uri, &target.unwrap()).is_some()
    }

    #[test]
    fn a_tunnel_is_judged_by_host_and_port_alone() {
        assert!(refused(&Method::CONNECT, "proxy.golang.org:443"));
        assert!(refused(&Method::CONNECT, "git.example:22"));
        assert!(!refused(&Method::CONNECT, "git.example:443"));
    }

    #[test]
    fn a_path_is_judged_where_it_is_seen() {
        assert!(refused(&Method::GET, "http://p.example/a.b/c/@v/list"));
        assert!(!refused(&Method::GET, "http://p.example/a.b/c/@latest"));
    }
}
