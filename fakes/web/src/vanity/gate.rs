//! go-import pages that are not for everybody.

use http::header::{HeaderValue, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Response, StatusCode};

use modfault_kit::login::Login;

use super::{GoImport, document, login_page, response, tag};
use crate::pages::{Page, to_response};
use crate::site::{Body, admits};

/// Who is shown a go-import tag, and what the others are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The credentials that open it.
    pub login: Login,
    /// What is shown without them.
    pub otherwise: Refusal,
}

/// What is shown in the place of a go-import page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401, and what would be accepted (RFC 7617 §2).
    Unauthorized,
    /// 404: not even that there is something is told.
    NotFound,
    /// A login form under 200.
    LoginPage,
    /// A tag for the first two elements of the path, as if the project lay there: GitLab's answer about nested groups to who
    /// may not know better.
    TwoElements,
}

/// What is shown to `parts` in the place of the page for `import`; `None` where it may see that.
pub(super) fn refusal(import: &GoImport, parts: &Parts) -> Option<Refusal> {
    let gate = import.gate.as_ref()?;
    (!admits(Some(&gate.login), parts)).then_some(gate.otherwise)
}

/// The answer to who was refused the page for `prefix`.
pub(super) fn refused(refusal: Refusal, prefix: &str, import: &GoImport) -> Response<Body> {
    match refusal {
        Refusal::Unauthorized => {
            let mut answer = said(StatusCode::UNAUTHORIZED, "Sign in to see this project.\n");
            let accepted = HeaderValue::from_static("Basic realm=\"go-import\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, accepted);
            answer
        }
        Refusal::NotFound => said(StatusCode::NOT_FOUND, "There is no such project.\n"),
        Refusal::LoginPage => response(StatusCode::OK.as_u16(), login_page()),
        Refusal::TwoElements => {
            let short = two_elements(prefix);
            let tag = tag(short, &import.vcs, &format!("https://{short}.git"), None);
            response(StatusCode::OK.as_u16(), document(&tag, ""))
        }
    }
}

/// A status with a plain word about it.
fn said(status: StatusCode, words: &str) -> Response<Body> {
    to_response(&Page {
        status: status.as_u16(),
        content_type: "text/plain; charset=utf-8".to_owned(),
        body: words.to_owned(),
    })
}

/// The host of `prefix` and two elements below it.
fn two_elements(prefix: &str) -> &str {
    prefix
        .match_indices('/')
        .nth(2)
        .map_or(prefix, |(end, _)| &prefix[..end])
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::header::AUTHORIZATION;

    use super::*;

    fn import(otherwise: Refusal) -> GoImport {
        GoImport {
            vcs: "git".to_owned(),
            repository: "https://git.example/a/b/c.git".to_owned(),
            subdirectory: None,
            gate: Some(Gate {
                login: login("token"),
                otherwise,
            }),
        }
    }

    fn login(password: &str) -> Login {
        Login {
            user: "dev".to_owned(),
            password: password.to_owned(),
        }
    }

    fn asked(password: Option<&str>) -> Parts {
        let mut request = Request::builder();
        if let Some(password) = password {
            request = request.header(AUTHORIZATION, login(password).to_basic());
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_right_login_alone_opens_the_gate() {
        let gated = import(Refusal::NotFound);
        assert_eq!(refusal(&gated, &asked(None)), Some(Refusal::NotFound));
        assert_eq!(
            refusal(&gated, &asked(Some("other"))),
            Some(Refusal::NotFound)
        );
        assert_eq!(refusal(&gated, &asked(Some("token"))), None);
        let open = GoImport {
            gate: None,
            ..gated
        };
        assert_eq!(refusal(&open, &asked(None)), None);
    }

    #[test]
    fn refusals_have_their_status_and_a_401_says_what_would_do() {
        let answer = |refusal| refused(refusal, "git.example/a/b/c", &import(refusal));
        assert_eq!(answer(Refusal::NotFound).status(), 404);
        assert_eq!(answer(Refusal::LoginPage).status(), 200);
        assert_eq!(answer(Refusal::TwoElements).status(), 200);
        let unauthorized = answer(Refusal::Unauthorized);
        assert_eq!(unauthorized.status(), 401);
        assert!(unauthorized.headers().contains_key(WWW_AUTHENTICATE));
    }

    #[test]
    fn two_elements_are_counted_after_the_host() {
        assert_eq!(two_elements("git.example/a/b/c/d"), "git.example/a/b");
        assert_eq!(two_elements("git.example/a/b"), "git.example/a/b");
        assert_eq!(two_elements("git.example/a"), "git.example/a");
    }
}
