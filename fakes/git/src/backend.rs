//! One run of `git http-backend` (git-http-backend, RFC 3875).

use std::io;
use std::path::Path;
use std::process::Stdio;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use modfault_kit::Clock;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::program::Git;

/// What `git http-backend` answers for the repository in `directory` to the request `parts` with `body`.
///
/// As long as it lives, `clock` watches it. It is no hold: a backend that waits for us must not keep time from moving.
///
/// `tail` is the path below the repository, `query` what follows the `?`. An error means that it could not be run, or did
/// not speak CGI.
pub(crate) async fn run(
    git: &Git,
    clock: &Clock,
    directory: &Path,
    tail: &str,
    query: &str,
    parts: &Parts,
    body: &Bytes,
) -> io::Result<Response<Bytes>> {
    let mut command = Command::new(git.program());
    command
        .arg("http-backend")
        .env_clear()
        .envs(git.environment())
        .env("GIT_PROJECT_ROOT", directory)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", tail)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("CONTENT_LENGTH", body.len().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    for (variable, field) in [
        ("CONTENT_TYPE", CONTENT_TYPE),
        ("HTTP_CONTENT_ENCODING", CONTENT_ENCODING),
        ("GIT_PROTOCOL", HeaderName::from_static("git-protocol")),
    ] {
        if let Some(value) = text(&parts.headers, &field) {
            command.env(variable, value);
        }
    }
    let mut child = command.spawn()?;
    let _watched = child.id().map(|pid| clock.watch_process(pid));
    let mut stdin = child.stdin.take();
    let feed = async {
        if let Some(stdin) = &mut stdin {
            // It may answer without reading to the end, or go before it has: what it wrote then decides.
            drop(stdin.write_all(body).await);
        }
        drop(stdin.take());
    };
    let ((), output) = futures_util::future::join(feed, child.wait_with_output()).await;
    response(&Bytes::from(output?.stdout))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no CGI answer"))
}

fn text<'a>(headers: &'a HeaderMap, field: &HeaderName) -> Option<&'a str> {
    headers.get(field).and_then(|value| value.to_str().ok())
}

/// A CGI answer as a response (RFC 3875 §6).
fn response(output: &Bytes) -> Option<Response<Bytes>> {
    const END: &[u8] = b"\r\n\r\n";
    let end = output.windows(END.len()).position(|bytes| bytes == END)?;
    let mut response = Response::new(output.slice(end + END.len()..));
    for line in std::str::from_utf8(&output[..end]).ok()?.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next()?;
            *response.status_mut() = StatusCode::from_bytes(code.as_bytes()).ok()?;
        } else {
            response.headers_mut().append(
                HeaderName::from_bytes(name.as_bytes()).ok()?,
                HeaderValue::from_str(value).ok()?,
            );
        }
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn the_clock_watches_a_backend_for_as_long_as_it_lives() {
        let git = Git::find(&std::env::var_os("PATH").unwrap()).unwrap();
        let (clock, keeper) = Clock::virtual_from_zero();
        let empty = tempfile::tempdir().unwrap();
        let (parts, body) = http::Request::new(Bytes::new()).into_parts();
        let mut run = pin!(run(
            &git,
            &clock,
            empty.path(),
            "/info/refs",
            "",
            &parts,
            &body
        ));
        // Asked once it has been started and cannot have been waited for.
        let started = run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(started.is_pending());
        assert_eq!((keeper.processes().len(), keeper.holds()), (1, 0));
        assert_eq!(run.await.unwrap().status(), StatusCode::NOT_FOUND);
        assert_eq!(keeper.processes(), [0; 0]);
    }

    #[test]
    fn a_cgi_answer_without_a_status_is_a_success() {
        let answer = response(&Bytes::from_static(
            b"Content-Type: text/x\r\n\r\nbody\r\n\r\n",
        ))
        .unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/x");
        assert_eq!(answer.body(), "body\r\n\r\n");
    }

    #[test]
    fn the_status_is_no_header_field() {
        let answer = response(&Bytes::from_static(b"Status: 404 Not There\r\n\r\n")).unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert!(answer.headers().is_empty());
    }

    #[test]
    fn what_has_no_empty_line_is_no_answer() {
        assert!(response(&Bytes::from_static(b"oh no")).is_none());
    }
}
