//! A git server as a web site (gitprotocol-http).

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use modfault_kit::event::Outcome;
use modfault_kit::fault::GitFault;
use modfault_kit::login::Login;
use modfault_kit::{Asked, Event, EventKind, Fault, Recorder, RequestKind};
use modfault_web::{Body, Request, Site, full};

use crate::backend;
use crate::bend::{Credentials, PackEnd, Plan, Service, Serving, plan};
use crate::pack::{is_ls_refs, offset_after};
use crate::program::Git;

/// The repositories of one host, served by `git http-backend` over smart HTTP, protocol versions 0 to 2.
#[derive(Clone, Debug)]
pub struct GitSite {
    git: Git,
    recorder: Recorder,
    repositories: BTreeMap<String, Repository>,
}

/// One repository of a [`GitSite`].
#[derive(Clone, Debug)]
pub struct Repository {
    directory: PathBuf,
    login: Option<Login>,
    variants: Vec<(GitFault, PathBuf)>,
}

impl Repository {
    /// The bare repository in `directory`, for everybody.
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            login: None,
            variants: Vec::new(),
        }
    }

    /// Answers only to who brings these credentials.
    pub fn login(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    /// Serves the repository in `directory` instead when `fault` fires: what [`variant`](crate::variant) made for it.
    ///
    /// A [`GitFault::HiddenRef`], [`GitFault::MovedTag`] or [`GitFault::MovedBranch`] without a variant changes nothing.
    pub fn variant(mut self, fault: GitFault, directory: PathBuf) -> Self {
        self.variants.push((fault, directory));
        self
    }

    fn directory(&self, fault: Option<&GitFault>) -> &Path {
        self.variants
            .iter()
            .find(|(made_for, _)| Some(made_for) == fault)
            .map_or(&self.directory, |(_, directory)| directory)
    }

    fn credentials(&self, parts: &Parts) -> Credentials {
        match (&self.login, parts.headers.get(AUTHORIZATION)) {
            (None, None) => Credentials::Unneeded,
            (None, Some(_)) => Credentials::Good,
            (Some(_), None) => Credentials::Missing,
            (Some(wanted), Some(sent)) => {
                if wanted.is_brought_by(sent.as_bytes()) {
                    Credentials::Good
                } else {
                    Credentials::Wrong
                }
            }
        }
    }
}

impl GitSite {
    /// A server without repositories, which records what it is asked with `recorder`.
    pub fn new(git: Git, recorder: Recorder) -> Self {
        Self {
            git,
            recorder,
            repositories: BTreeMap::new(),
        }
    }

    /// Serves `repository` under `path` (`team/greet`, `greet.git`); one without the ending `.git` answers with it too.
    pub fn repository(mut self, path: &str, repository: Repository) -> Self {
        self.repositories
            .insert(path.trim_matches('/').to_owned(), repository);
        self
    }

    /// The repository that `path` is in, its own path, and what follows it.
    fn find<'a>(&'a self, path: &'a str) -> Option<(&'a str, &'a Repository, &'a str)> {
        self.repositories.iter().find_map(|(name, repository)| {
            let rest = path.strip_prefix('/')?.strip_prefix(name.as_str())?;
            [Some(rest), rest.strip_prefix(".git")]
                .into_iter()
                .flatten()
                .find(|tail| kind_of(tail).is_some())
                .map(|tail| (name.as_str(), repository, tail))
        })
    }

    /// What is answered about a repository that does not exist. Where every repository wants credentials, so does this one: who
    /// brings none does not learn what is there, as at any code host.
    fn nowhere(&self, parts: &Parts) -> StatusCode {
        let mut all = self.repositories.values().peekable();
        let hides = all.peek().is_some()
            && all.all(|repository| match repository.credentials(parts) {
                Credentials::Missing | Credentials::Wrong => true,
                Credentials::Unneeded | Credentials::Good => false,
            });
        if hides {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::NOT_FOUND
        }
    }

    async fn respond(&self, request: Request) -> Response<Body> {
        let Some((name, repository, tail)) = self.find(request.parts.uri.path()) else {
            let name = request.asked.module.clone().unwrap_or_default();
            let service = match request.asked.kind {
                RequestKind::GitPack => Service::Pack,
                _ => Service::Refs,
            };
            let code = self.nowhere(&request.parts);
            self.record(&request, &name, service, refusal(code));
            return status(code);
        };
        let service = service(tail, &request);
        let faults = request.fired.iter().filter_map(|fired| match &fired.fault {
            Fault::Git(fault) => Some(fault),
            _ => None,
        });
        let plan = plan(faults, service, repository.credentials(&request.parts));
        let (response, outcome) = match plan {
            Plan::Refuse(code) => (status(code), refusal(code)),
            Plan::Serve(serving) => {
                self.serve(repository, tail, service, &serving, &request)
                    .await
            }
        };
        self.record(&request, name, service, outcome);
        response
    }

    async fn serve(
        &self,
        repository: &Repository,
        tail: &str,
        service: Service,
        serving: &Serving<'_>,
        request: &Request,
    ) -> (Response<Body>, Outcome) {
        let query = match request.parts.uri.query() {
            Some(query) if !serving.dumb => query,
            _ => "",
        };
        let answer = backend::run(
            &self.git,
            self.recorder.clock(),
            repository.directory(serving.variant),
            tail,
            query,
            &request.parts,
            &request.body,
        )
        .await;
        let Ok(answer) = answer else {
            let code = StatusCode::INTERNAL_SERVER_ERROR;
            return (status(code), Outcome::Failed("git did not run".to_owned()));
        };
        let code = answer.status();
        let (head, body) = answer.into_parts();
        let (body, outcome) = match service {
            Service::Pack => ended(body, serving.end),
            Service::Refs => (full(body), Outcome::Done),
        };
        let outcome = if code.is_success() {
            outcome
        } else {
            refusal(code)
        };
        (Response::from_parts(head, body), outcome)
    }

    fn record(&self, request: &Request, repository: &str, service: Service, outcome: Outcome) {
        self.recorder.record(Event::new(
            &request.host,
            EventKind::Git {
                repository: repository.to_owned(),
                service: service.as_str().to_owned(),
                outcome,
            },
        ));
    }
}

impl Site for GitSite {
    /// Takes what is below a repository, and questions for repositories that do not exist; the module is the path of the
    /// repository, without the ending `.git`.
    fn classify(&self, parts: &Parts) -> Option<Asked> {
        let path = parts.uri.path();
        let (name, kind) = match self.find(path) {
            Some((name, _, tail)) => (name, kind_of(tail)?),
            None => nowhere(path, parts.uri.query())?,
        };
        Some(Asked {
            kind,
            method: parts.method.to_string(),
            path: parts.uri.path_and_query()?.to_string(),
            module: Some(name.strip_suffix(".git").unwrap_or(name).to_owned()),
        })
    }

    /// Protocol version 2 lists refs by POST, on the path of the pack (gitprotocol-v2, "ls-refs").
    fn refine(&self, asked: Asked, body: &[u8]) -> Asked {
        let lists_refs = asked.kind == RequestKind::GitPack
            && body.windows(LS_REFS.len()).any(|window| window == LS_REFS);
        Asked {
            kind: if lists_refs {
                RequestKind::GitRefs
            } else {
                asked.kind
            },
            ..asked
        }
    }

    fn answer(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Response<Body>> + Send + '_>> {
        Box::pin(self.respond(request))
    }
}

/// The command line of a version 2 request for refs.
const LS_REFS: &[u8] = b"command=ls-refs";

/// What the path `tail` below a repository asks for; `None` for one that no repository has.
fn kind_of(tail: &str) -> Option<RequestKind> {
    match tail {
        "/info/refs" | "/HEAD" => Some(RequestKind::GitRefs),
        "/git-upload-pack" | "/git-receive-pack" => Some(RequestKind::GitPack),
        _ if tail.starts_with("/objects/") => Some(RequestKind::GitPack),
        _ => None,
    }
}

/// The repository that a git client means by `path`, though there is none.
fn nowhere<'a>(path: &'a str, query: Option<&str>) -> Option<(&'a str, RequestKind)> {
    let path = path.strip_prefix('/')?;
    match path.strip_suffix("/info/refs") {
        Some(name) => query?
            .starts_with("service=git-")
            .then_some((name, RequestKind::GitRefs)),
        None => path
            .strip_suffix("/git-upload-pack")
            .map(|name| (name, RequestKind::GitPack)),
    }
}

fn service(tail: &str, request: &Request) -> Service {
    let encoding = request.parts.headers.get(CONTENT_ENCODING);
    let lists = is_ls_refs(&request.body, encoding.map(HeaderValue::as_bytes));
    match kind_of(tail) {
        Some(RequestKind::GitPack) if !lists => Service::Pack,
        _ => Service::Refs,
    }
}

/// An answer without a body; 401 says what would be accepted (RFC 7617 §2).
fn status(code: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(Bytes::new()));
    *response.status_mut() = code;
    if code == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"git\""),
        );
    }
    response
}

fn refusal(code: StatusCode) -> Outcome {
    Outcome::Failed(format!("status {}", code.as_u16()))
}

/// `body` with its pack ended as `end` says, and whether it comes whole.
fn ended(body: Bytes, end: PackEnd) -> (Body, Outcome) {
    let (after, how) = match end {
        PackEnd::Whole => return (full(body), Outcome::Done),
        PackEnd::Stall(after) => (after, "stalled"),
        PackEnd::Cut(after) => (after, "cut"),
    };
    let Some(offset) = offset_after(&body, after.0) else {
        return (full(body), Outcome::Done);
    };
    let start = stream::iter([Ok(Frame::data(body.slice(..offset)))]);
    let body = match end {
        PackEnd::Cut(_) => {
            let broken = io::Error::new(io::ErrorKind::ConnectionAborted, "the pack is cut");
            StreamBody::new(start.chain(stream::iter([Err(broken)]))).boxed_unsync()
        }
        PackEnd::Stall(_) | PackEnd::Whole => {
            StreamBody::new(start.chain(stream::pending())).boxed_unsync()
        }
    };
    (body, Outcome::Failed(how.to_owned()))
}
