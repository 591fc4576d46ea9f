//! One exchange over HTTP/1.1, on a connection of its own.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use url::Url;

use crate::act::Ask;
use crate::seen::{Answer, Reply};
use crate::stand::{Connection, Stand, Target};

/// The largest body that is read.
const LARGEST: usize = 256 << 20;

/// How many redirects are followed, as many as `go` follows.
const REDIRECTS: usize = 10;

/// Asks `of`, following redirects as far as they can be followed from there.
pub async fn exchange<S: Stand>(
    stand: &S,
    of: &Target,
    ask: &Ask,
    patience: Duration,
) -> Reply {
    match tokio::time::timeout(patience, followed(stand, of, ask)).await {
        Ok(Ok(answer)) => Reply::Answered(answer),
        Ok(Err(why)) => Reply::Broken(why),
        Err(_) => Reply::Silent(format!("{} s", patience.as_secs())),
    }
}

async fn followed<S: Stand>(stand: &S, of: &Target, ask: &Ask) -> Result<Answer, String> {
    let mut target = of.clone();
    let mut path = format!("{}{}", of.prefix, ask.path);
    let mut redirected: Option<Answer> = None;
    for _ in 0..=REDIRECTS {
        let connection = match stand.connect(&target).await {
            Ok(connection) => connection,
            Err(error) => match redirected {
                Some(answer) if error.kind() == io::ErrorKind::Unsupported => return Ok(answer),
                _ => return Err(format!("cannot connect to {}: {error}", target.authority())),
            },
        };
        let answer = once(connection, &target, &path, ask).await?;
        let Some((next, at)) = redirect(&target, &path, &answer) else {
            return Ok(answer);
        };
        (target, path) = (next, at);
        redirected = Some(answer);
    }
    Err(format!("more than {REDIRECTS} redirects"))
}

/// Where an answer leads, if it is a redirect.
fn redirect(from: &Target, path: &str, answer: &Answer) -> Option<(Target, String)> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let base = Target {
        prefix: String::new(),
        ..from.clone()
    };
    let base = Url::parse(&format!("{}{path}", base.url())).ok()?;
    let url = base.join(answer.header("location")?).ok()?;
    let target = Target {
        prefix: String::new(),
        ..target(&url)?
    };
    let query = url.query().map(|query| format!("?{query}"));
    Some((
        target,
        format!("{}{}", url.path(), query.unwrap_or_default()),
    ))
}

/// The server of a URL, with its path as the prefix.
pub(crate) fn target(url: &Url) -> Option<Target> {
    let tls = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = url
        .host_str()?
        .trim_start_matches('[')
        .trim_end_matches(']');
    Some(Target {
        tls,
        host: host.to_owned(),
        port: url.port_or_known_default()?,
        prefix: url.path().trim_end_matches('/').to_owned(),
    })
}

async fn once(
    connection: Connection,
    target: &Target,
    path: &str,
    ask: &Ask,
) -> Result<Answer, String> {
    let (mut sender, driver) = http1::handshake(TokioIo::new(connection))
        .await
        .map_err(|error| words(&error))?;
    let mut request = Request::builder()
        .method(ask.method)
        .uri(path)
        .header(HOST, target.authority())
        .header(USER_AGENT, "modfault");
    for (name, value) in &ask.headers {
        request = request.header(name, value);
    }
    let request = request
        .body(Empty::<Bytes>::new())
        .map_err(|error| words(&error))?;
    let asking = async {
        let response = sender.send_request(request).await;
        read(response.map_err(|error| words(&error))?).await
    };
    tokio::pin!(asking, driver);
    tokio::select! {
        biased;
        answer = &mut asking => answer,
        // What has come is still to be read when the connection has ended.
        _ = &mut driver => asking.await,
    }
}

async fn read(response: Response<Incoming>) -> Result<Answer, String> {
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, LARGEST).collect().await;
    let body = body.map_err(|error| format!("{}, {}", parts.status.as_u16(), words(&*error)))?;
    let fields = parts.headers.iter();
    let fields = fields.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.as_str().to_owned(), value.into_owned())
    });
    Ok(Answer {
        status: parts.status.as_u16(),
        headers: fields.collect(),
        body: body.to_bytes(),
    })
}

/// An error with its causes, without a number that differs from machine to machine.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    match text.find(" (os error") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(location: &str) -> Option<String> {
        let from = target(&Url::parse("http://a.example:8080/p").unwrap()).unwrap();
        let answer = Answer {
            status: 302,
            headers: vec![("location".to_owned(), location.to_owned())],
            body: Bytes::new(),
        };
        let (to, path) = redirect(&from, "/p/x", &answer)?;
        Some(format!("{}{path}", to.url()))
    }

    #[test]
    fn redirects_lead_where_the_url_standard_says() {
        let to = |location| leads(location).unwrap();
        assert_eq!(to("y?q=1"), "http://a.example:8080/p/y?q=1");
        assert_eq!(to("/z"), "http://a.example:8080/z");
        assert_eq!(to("https://b.example/"), "https://b.example/");
        assert_eq!(leads("ftp://b.example/"), None);
    }
}
