//! Its upstream, asked over TLS on a connection for each request.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Request;
use http::header::{HOST, LOCATION};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// How long it is waited for.
const LIMIT: Duration = Duration::from_secs(1);

/// A module proxy.
pub(crate) struct Upstream {
    url: Url,
    tls: TlsConnector,
}

/// What it says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// Whether the connection ended before the body did.
    pub(crate) is_cut: bool,
}

impl Upstream {
    /// The one at `url`, whose authority has its certificate in the file `ca`.
    pub(crate) fn at(url: &str, ca: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(ca)? {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            url: Url::parse(url)?,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// What it says to a GET, in time unless there is no limit.
    pub(crate) async fn get(
        &self,
        path: &str,
        has_limit: bool,
        follows: bool,
    ) -> Result<Said, String> {
        let getting = async {
            let mut url = self.url.join(path)?;
            for _ in 0..5 {
                let (said, location) = self.once(&url).await?;
                match location {
                    Some(location) if follows => url = url.join(&location)?,
                    Some(_) | None => return Ok(said),
                }
            }
            Err("too many redirects".into())
        };
        let said: Result<Result<Said, Box<dyn Error + Send + Sync>>, _> = match has_limit {
            true => tokio::time::timeout(LIMIT, getting).await,
            false => Ok(getting.await),
        };
        match said {
            Ok(said) => said.map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    async fn once(
        &self,
        url: &Url,
    ) -> Result<(Said, Option<String>), Box<dyn Error + Send + Sync>> {
        let host = url.host_str().ok_or("no host")?;
        let stream = TcpStream::connect((host, 443)).await?;
        let name = ServerName::try_from(host.to_owned())?;
        let stream = self.tls.connect(name, stream).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get(url.path())
            .header(HOST, host)
            .body(Empty::<Bytes>::new())?;
        let asking = async {
            let (parts, mut body) = sender.send_request(request).await?.into_parts();
            let location = parts
                .headers
                .get(LOCATION)
                .filter(|_| parts.status.is_redirection());
            let location = location.map(|value| value.to_str().map(str::to_owned));
            let mut whole = BytesMut::new();
            let mut is_cut = false;
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => whole.extend(frame.into_data()),
                    Err(_) => is_cut = true,
                }
            }
            let said = Said {
                status: parts.status.as_u16(),
                body: whole.freeze(),
                is_cut,
            };
            Ok((said, location.transpose()?))
        };
        tokio::pin!(asking, connection);
        tokio::select! {
            biased;
            said = &mut asking => said,
            _ = &mut connection => asking.await,
        }
    }
}
