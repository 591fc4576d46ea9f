//! What the faults that fire make of one request. No sockets, no processes.

use http::StatusCode;
use modfault_kit::ByteCount;
use modfault_kit::fault::GitFault;

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// To know the refs: `info/refs`, or `ls-refs` of protocol version 2.
    Refs,
    /// Commits: `git-upload-pack` otherwise, or the files of the dumb protocol.
    Pack,
}

impl Service {
    /// The word for it in events.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Refs => "refs",
            Self::Pack => "pack",
        }
    }
}

/// The credentials of a request, against those that the repository wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// None were sent, and some are wanted.
    Missing,
    /// None were sent, and none are wanted.
    Unneeded,
    /// Those sent are not the ones that are wanted.
    Wrong,
    /// Those sent are good, be it that none are wanted.
    Good,
}

/// What is done with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Plan<'a> {
    /// This status is all the answer.
    Refuse(StatusCode),
    /// The repository answers.
    Serve(Serving<'a>),
}

/// How a repository answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Serving<'a> {
    /// Through the variant of itself that was made for this fault.
    pub(crate) variant: Option<&'a GitFault>,
    /// By the dumb protocol alone (gitprotocol-http, "Dumb Clients").
    pub(crate) dumb: bool,
    /// How its pack ends.
    pub(crate) end: PackEnd,
}

/// How a pack ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PackEnd {
    /// Whole.
    #[default]
    Whole,
    /// After so many bytes nothing more comes.
    Stall(ByteCount),
    /// After so many bytes the connection breaks.
    Cut(ByteCount),
}

/// What is done with a request for `service` that carries `credentials`. The first fault that refuses does; of two that are
/// about the same, the later one counts.
pub(crate) fn plan<'a>(
    faults: impl IntoIterator<Item = &'a GitFault>,
    service: Service,
    credentials: Credentials,
) -> Plan<'a> {
    let mut serving = Serving::default();
    for fault in faults {
        match fault {
            GitFault::AuthRequired => return Plan::Refuse(StatusCode::UNAUTHORIZED),
            GitFault::Forbidden => return Plan::Refuse(StatusCode::FORBIDDEN),
            GitFault::NotFound => return Plan::Refuse(StatusCode::NOT_FOUND),
            GitFault::ExpiredToken => {
                if credentials == Credentials::Good {
                    return Plan::Refuse(StatusCode::UNAUTHORIZED);
                }
            }
            GitFault::PackForbidden => {
                if service == Service::Pack {
                    return Plan::Refuse(StatusCode::FORBIDDEN);
                }
            }
            GitFault::HiddenRef(_) | GitFault::MovedTag { .. } | GitFault::MovedBranch { .. } => {
                serving.variant = Some(fault);
            }
            GitFault::StallPack(after) => serving.end = PackEnd::Stall(*after),
            GitFault::CutPack(after) => serving.end = PackEnd::Cut(*after),
            GitFault::DumbOnly => serving.dumb = true,
        }
    }
    match credentials {
        Credentials::Missing | Credentials::Wrong => Plan::Refuse(StatusCode::UNAUTHORIZED),
        Credentials::Unneeded | Credentials::Good => Plan::Serve(serving),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(fault: GitFault, service: Service, credentials: Credentials) -> Option<u16> {
        match plan([&fault], service, credentials) {
            Plan::Refuse(status) => Some(status.as_u16()),
            Plan::Serve(_) => None,
        }
    }

    #[test]
    fn refusals_have_their_status() {
        let ask = |fault| refused(fault, Service::Refs, Credentials::Good);
        assert_eq!(ask(GitFault::AuthRequired), Some(401));
        assert_eq!(ask(GitFault::ExpiredToken), Some(401));
        assert_eq!(ask(GitFault::Forbidden), Some(403));
        assert_eq!(ask(GitFault::NotFound), Some(404));
        assert_eq!(ask(GitFault::PackForbidden), None);
    }

    #[test]
    fn a_forbidden_pack_is_refused_where_a_listing_is_not() {
        let fault = GitFault::PackForbidden;
        assert_eq!(
            refused(fault, Service::Pack, Credentials::Unneeded),
            Some(403)
        );
    }

    #[test]
    fn a_token_cannot_expire_for_who_sends_none() {
        let ask = |credentials| refused(GitFault::ExpiredToken, Service::Refs, credentials);
        assert_eq!(ask(Credentials::Unneeded), None);
        assert_eq!(ask(Credentials::Missing), Some(401));
    }

    #[test]
    fn faults_that_serve_compose() {
        let hidden = GitFault::HiddenRef("v1.0.0".to_owned());
        let cut = GitFault::CutPack(ByteCount(3));
        let plan = plan([&hidden, &cut], Service::Pack, Credentials::Unneeded);
        let expected = Serving {
            variant: Some(&hidden),
            dumb: false,
            end: PackEnd::Cut(ByteCount(3)),
        };
        assert_eq!(plan, Plan::Serve(expected));
    }
}
