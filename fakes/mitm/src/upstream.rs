//! Speaking to the hosts behind the proxy.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http::uri::{Authority as UriAuthority, PathAndQuery};
use http::{Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::target::{Secure, Target};
use modfault_kit::{Clock, Dial, HostName};
use modfault_pki::{Authority, Pki, PkiError};
use modfault_web::Body;

/// Why a host behind the proxy gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// The resolver does not know the name.
    #[error("find a host called `{host}`")]
    UnknownHost { host: String },
    /// The connection did not come about.
    #[error("connect to `{target}`")]
    Connect { target: String, source: io::Error },
    /// The name cannot be verified.
    #[error("expect a certificate for `{host}`")]
    Name { host: String },
    /// The proxy cannot speak TLS at all.
    #[error("trust the public root")]
    Trust(#[from] TrustError),
    /// The TLS handshake failed.
    #[error("have a TLS handshake with `{target}`")]
    Tls { target: String, source: io::Error },
    /// What came was no answer.
    #[error("get an answer from `{target}`")]
    Http {
        target: String,
        source: hyper::Error,
    },
    /// The request cannot be put so that it can be sent on.
    #[error("pass the request on to `{target}`")]
    Request { target: String, source: http::Error },
    /// Nothing came in time.
    #[error("hear from `{target}` in time")]
    Timeout { target: String },
}

/// Why the proxy has no trust store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrustError {
    #[error("make the public root")]
    Pki(#[from] PkiError),
    #[error("configure TLS")]
    Tls(#[from] rustls::Error),
}

impl UpstreamError {
    /// What the proxy answers (RFC 9110 §15.6).
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownHost { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Connect { .. }
            | Self::Name { .. }
            | Self::Trust(_)
            | Self::Tls { .. }
            | Self::Http { .. }
            | Self::Request { .. } => StatusCode::BAD_GATEWAY,
        }
    }
}

/// The connections that one client of the proxy has caused. They end with it.
#[derive(Debug)]
pub(crate) struct Upstream {
    proxy: HostName,
    dial: Dial,
    pki: Arc<Pki>,
    clock: Clock,
    timeout: Duration,
    tasks: Arc<Mutex<JoinSet<()>>>,
    /// HTTP/2 connections that can take another request.
    shared: Mutex<Vec<(Target, http2::SendRequest<Full<Bytes>>)>>,
}

/// A connection that is ready for one request.
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Upstream {
    pub(crate) fn new(
        proxy: &HostName,
        dial: Dial,
        pki: Arc<Pki>,
        clock: Clock,
        timeout: Duration,
    ) -> Self {
        Self {
            proxy: proxy.clone(),
            dial,
            pki,
            clock,
            timeout,
            tasks: Arc::default(),
            shared: Mutex::default(),
        }
    }

    /// Connects to `target`, and no more.
    pub(crate) async fn connect(&self, target: &Target) -> Result<TcpStream, UpstreamError> {
        let dialled = self.in_time(target, async {
            let dialled = self.dial.connect(&self.proxy, &target.host, target.port);
            dialled.await.map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => UpstreamError::UnknownHost {
                    host: target.host.clone(),
                },
                _ => UpstreamError::Connect {
                    target: target.to_string(),
                    source,
                },
            })
        });
        dialled.await
    }

    /// Sends `request`, whose URI counts from its path on, to `target` and waits for the head of the answer.
    ///
    /// HTTP/2 is offered where the request itself came in it; each HTTP/1.1 request has a connection of its own, so that
    /// whether one was closed meanwhile is never a matter of chance.
    pub(crate) async fn send(
        &self,
        target: &Target,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, UpstreamError> {
        let failed = |source| UpstreamError::Http {
            target: target.to_string(),
            source,
        };
        let sender = match self.shared_for(target, request.version()) {
            Some(sender) => Sender::Http2(sender),
            None => self.open(target, request.version()).await?,
        };
        let request = addressed(target, request, &sender)?;
        let answer = self
            .in_time(target, async {
                match sender {
                    Sender::Http1(mut sender) => sender.send_request(request).await,
                    Sender::Http2(mut sender) => sender.send_request(request).await,
                }
                .map_err(failed)
            })
            .await?;
        let (mut head, body) = answer.into_parts();
        head.version = Version::default();
        Ok(Response::from_parts(head, streamed(body)))
    }

    async fn open(&self, target: &Target, version: Version) -> Result<Sender, UpstreamError> {
        let socket = self.connect(target).await?;
        match target.secure {
            Secure::Plain => self.speak_http1(target, socket).await,
            Secure::Tls => {
                let config = trusting(&self.pki, version)?;
                let name =
                    ServerName::try_from(target.host.clone()).map_err(|_| UpstreamError::Name {
                        host: target.host.clone(),
                    })?;
                let stream = self
                    .in_time(target, async {
                        TlsConnector::from(Arc::new(config))
                            .connect(name, socket)
                            .await
                            .map_err(|source| UpstreamError::Tls {
                                target: target.to_string(),
                                source,
                            })
                    })
                    .await?;
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    self.speak_http2(target, stream).await
                } else {
                    self.speak_http1(target, stream).await
                }
            }
        }
    }

    async fn speak_http1<S>(&self, target: &Target, stream: S) -> Result<Sender, UpstreamError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|source| UpstreamError::Http {
                    target: target.to_string(),
                    source,
                })?;
        // How it ended is told to whoever waits for the answer.
        spawn_on(&self.tasks, async { drop(connection.await) });
        Ok(Sender::Http1(sender))
    }

    async fn speak_http2<S>(&self, target: &Target, stream: S) -> Result<Sender, UpstreamError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let executor = Executor(Arc::downgrade(&self.tasks));
        let (sender, connection) = http2::handshake(executor, TokioIo::new(stream))
            .await
            .map_err(|source| UpstreamError::Http {
                target: target.to_string(),
                source,
            })?;
        spawn_on(&self.tasks, async { drop(connection.await) });
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|(_, sender)| !sender.is_closed());
        shared.push((target.clone(), sender.clone()));
        Ok(Sender::Http2(sender))
    }

    fn shared_for(
        &self,
        target: &Target,
        version: Version,
    ) -> Option<http2::SendRequest<Full<Bytes>>> {
        if version != Version::HTTP_2 {
            return None;
        }
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared
            .iter()
            .find(|(of, sender)| of == target && !sender.is_closed())
            .map(|(_, sender)| sender.clone())
    }

    async fn in_time<T>(
        &self,
        target: &Target,
        work: impl Future<Output = Result<T, UpstreamError>>,
    ) -> Result<T, UpstreamError> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.clock.sleep(self.timeout) => Err(UpstreamError::Timeout { target: target.to_string() }),
        }
    }
}

/// A client that trusts the public root, as every machine of the world does.
fn trusting(pki: &Pki, version: Version) -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    roots.add(pki.root(Authority::Public)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = if version == Version::HTTP_2 {
        vec![b"h2".to_vec(), b"http/1.1".to_vec()]
    } else {
        vec![b"http/1.1".to_vec()]
    };
    Ok(config)
}

/// `request` with the target that the protocol of `sender` wants: HTTP/1.1 a path and `Host` (RFC 9112 §3.2.1), HTTP/2 a whole URL.
fn addressed(
    target: &Target,
    mut request: Request<Full<Bytes>>,
    sender: &Sender,
) -> Result<Request<Full<Bytes>>, UpstreamError> {
    let failed = |source| UpstreamError::Request {
        target: target.to_string(),
        source,
    };
    let authority = target.to_string();
    let path = request
        .uri()
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    match sender {
        Sender::Http1(_) => {
            let host = HeaderValue::try_from(authority).map_err(|error| failed(error.into()))?;
            request.headers_mut().insert(HOST, host);
            *request.version_mut() = Version::HTTP_11;
            *request.uri_mut() = Uri::from(path);
        }
        Sender::Http2(_) => {
            let authority =
                UriAuthority::try_from(authority).map_err(|error| failed(error.into()))?;
            *request.version_mut() = Version::HTTP_2;
            *request.uri_mut() = Uri::builder()
                .scheme(target.scheme())
                .authority(authority)
                .path_and_query(path)
                .build()
                .map_err(failed)?;
        }
    }
    Ok(request)
}

fn streamed(body: Incoming) -> Body {
    body.map_err(io::Error::other).boxed_unsync()
}

fn spawn_on(tasks: &Mutex<JoinSet<()>>, task: impl Future<Output = ()> + Send + 'static) {
    let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
    // Those that have ended need not be kept.
    while tasks.try_join_next().is_some() {}
    tasks.spawn(task);
}

/// Spawns the streams of an HTTP/2 connection beside it. Weak: a task must not own the set that it is in.
#[derive(Clone, Debug)]
struct Executor(Weak<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for Executor
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        if let Some(tasks) = self.0.upgrade() {
            spawn_on(&tasks, task);
        }
    }
}
