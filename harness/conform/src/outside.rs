//! A subject that runs already, and is reached by its URL.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::client::target;
use crate::seen::{GoRun, UpstreamRequest};
use crate::stand::{Connection, Stand, Target};

/// The place of such a subject: what is upstream of it nobody knows.
pub struct Outside {
    subject: Target,
    tls: TlsConnector,
}

/// A URL that leads to no server, or a machine without certificates.
#[derive(Debug, thiserror::Error)]
pub enum BadUrl {
    /// It is no URL.
    #[error("`{url}` is no URL")]
    Unreadable {
        /// It.
        url: String,
        /// Why.
        source: url::ParseError,
    },
    /// It is another one.
    #[error("`{0}` is no URL of http or https")]
    Scheme(String),
    /// The certificates of the system cannot be used.
    #[error("cannot use the certificates of this machine")]
    Certificates(#[source] rustls::Error),
}

impl Outside {
    /// The subject at `url`, whose certificate is judged as the system judges certificates.
    ///
    /// # Errors
    /// It is no URL of http or https.
    pub fn at(url: &str) -> Result<Self, BadUrl> {
        let parsed = Url::parse(url).map_err(|source| BadUrl::Unreadable {
            url: url.to_owned(),
            source,
        })?;
        let subject = target(&parsed).ok_or_else(|| BadUrl::Scheme(url.to_owned()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_platform_verifier())
            .map_err(BadUrl::Certificates)?
            .with_no_client_auth();
        Ok(Self {
            subject,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Whether a connection to it comes about.
    ///
    /// # Errors
    /// It does not.
    pub async fn reach(&self) -> io::Result<()> {
        self.connect(&self.subject).await.map(drop)
    }
}

impl Stand for Outside {
    type Error = Infallible;

    fn subject(&self) -> &Target {
        &self.subject
    }

    fn database(&self) -> Option<&Target> {
        None
    }

    async fn connect(&self, to: &Target) -> io::Result<Connection> {
        let stream = TcpStream::connect((to.host.as_str(), to.port)).await?;
        if !to.tls {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(to.host.clone()).map_err(io::Error::other)?;
        Ok(Box::new(self.tls.connect(name, stream).await?))
    }

    fn lift(&self) {}

    async fn upstream(&mut self) -> Vec<UpstreamRequest> {
        Vec::new()
    }

    async fn go(&mut self, _: &str, _: &str) -> Result<Option<GoRun>, Infallible> {
        Ok(None)
    }
}
