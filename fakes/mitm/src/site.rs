//! The proxy's answers.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use hyper::upgrade::OnUpgrade;

use crate::hops::{pass_on, pass_on_request};
use crate::kind::asked_of;
use crate::rules::{REFUSED, Rules};
use crate::setup::ProxySetup;
use crate::target::Target;
use crate::tunnel::Tunnel;
use crate::upstream::{Upstream, UpstreamError};
use modfault_kit::{Asked, HostName, Login, RequestKind};
use modfault_web::{Body, Request, Site, full};

/// What one client of the proxy speaks to, until it has a tunnel.
pub(crate) struct ProxySite {
    login: Option<Login>,
    rules: Rules,
    /// Whether the tunnels of this proxy are terminated.
    terminates: bool,
    upstream: Arc<Upstream>,
    /// The tunnel that a CONNECT has made of the connection.
    tunnel: Mutex<Option<Tunnel>>,
}

/// What a client speaks to within a terminated tunnel.
pub(crate) struct TunnelSite {
    /// Where the tunnel leads.
    pub(crate) target: Target,
    /// What the proxy refuses.
    pub(crate) rules: Rules,
    pub(crate) upstream: Arc<Upstream>,
}

impl ProxySite {
    pub(crate) fn new(setup: &ProxySetup, upstream: Arc<Upstream>) -> Self {
        Self {
            login: setup.login.clone(),
            rules: Rules::of(setup),
            terminates: setup.terminate.is_some(),
            upstream,
            tunnel: Mutex::default(),
        }
    }

    /// The tunnel that the connection has become, if it has.
    pub(crate) fn take_tunnel(&self) -> Option<Tunnel> {
        self.tunnel
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    async fn respond(&self, mut request: Request) -> Response<Body> {
        if !self.admits(&request.parts) {
            let mut answer = short(
                StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                "this proxy wants a user name and a password",
            );
            answer.headers_mut().insert(
                PROXY_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"proxy\""),
            );
            return answer;
        }
        let connect = request.parts.method == Method::CONNECT;
        let target = if connect {
            Target::of_connect(&request.parts.uri)
        } else {
            Target::of_url(&request.parts.uri)
        };
        let Some(target) = target else {
            return short(StatusCode::BAD_REQUEST, "the target names no host and port");
        };
        let Parts { method, uri, .. } = &request.parts;
        if let Some(why) = self.rules.refuse(method, uri, &target) {
            return short(REFUSED, &why);
        }
        if !connect {
            return forward(&self.upstream, &target, request).await;
        }
        let Some(upgrade) = request.parts.extensions.remove::<OnUpgrade>() else {
            return short(
                StatusCode::BAD_REQUEST,
                "this connection cannot become a tunnel",
            );
        };
        match self.tunnel_to(target, upgrade).await {
            Ok(tunnel) => {
                *self.tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some(tunnel);
                Response::new(full(Bytes::new()))
            }
            Err(error) => refused(&error),
        }
    }

    /// A tunnel that is passed on is connected before it is granted; one that is terminated, with its first request.
    async fn tunnel_to(&self, target: Target, upgrade: OnUpgrade) -> Result<Tunnel, UpstreamError> {
        if self.terminates {
            return Ok(Tunnel::Terminated { upgrade, target });
        }
        let socket = self.upstream.connect(&target).await?;
        Ok(Tunnel::Passed { upgrade, socket })
    }

    fn admits(&self, parts: &Parts) -> bool {
        let Some(login) = &self.login else {
            return true;
        };
        let given = parts.headers.get(PROXY_AUTHORIZATION);
        given.and_then(|value| Login::from_basic(value.as_bytes())) == Some(login.clone())
    }
}

impl Site for ProxySite {
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        let method = &parts.method;
        let (kind, module) = if method == Method::CONNECT {
            (RequestKind::Connect, None)
        } else {
            asked_of(parts.uri.host()?, method, &parts.uri)
        };
        Some(Asked {
            kind,
            method: method.to_string(),
            path: parts.uri.to_string(),
            module,
        })
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        Box::pin(self.respond(request))
    }
}

impl Site for TunnelSite {
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        let (kind, module) = asked_of(&self.target.host, &parts.method, &parts.uri);
        Some(modfault_web::asked(parts, kind, module))
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        Box::pin(async move {
            match self.rules.refuse_path(&request.parts.uri) {
                Some(why) => short(REFUSED, &why),
                None => forward(&self.upstream, &self.target, request).await,
            }
        })
    }
}

/// The answer of `target` to `request`, or why there is none.
async fn forward(upstream: &Upstream, target: &Target, request: Request) -> Response<Body> {
    let Request {
        host, parts, body, ..
    } = request;
    let sent = upstream.send(target, passed_on(parts, body, &host)).await;
    match sent {
        Ok(mut answer) => {
            pass_on(answer.headers_mut(), &host);
            answer
        }
        Err(error) => refused(&error),
    }
}

/// The request as `proxy` sends it on.
fn passed_on(parts: Parts, body: Bytes, proxy: &HostName) -> http::Request<Full<Bytes>> {
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = parts.method;
    *request.uri_mut() = parts.uri;
    *request.version_mut() = parts.version;
    *request.headers_mut() = parts.headers;
    pass_on_request(request.headers_mut(), proxy);
    request
}

fn refused(error: &UpstreamError) -> Response<Body> {
    let mut why = format!("the proxy failed to {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        why.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    short(error.status(), &why)
}

/// An answer of the proxy's own: one line of text.
fn short(status: StatusCode, why: &str) -> Response<Body> {
    let mut answer = Response::new(full(format!("{why}\n")));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer
}
