//! Git server faults (gitprotocol-http, gitprotocol-pack).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;
use crate::select::{Asked, RequestKind};

/// What goes wrong in what a git server serves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitFault {
    /// 401: credentials are wanted, and none are accepted.
    AuthRequired,
    /// 403.
    Forbidden,
    /// 404: the repository does not exist, or is hidden.
    NotFound,
    /// 401 for the credentials that used to be right: the token has expired.
    ExpiredToken,
    /// The refs lack this tag or branch.
    HiddenRef(String),
    /// The tag points to this other branch or tag's commit.
    MovedTag {
        /// The tag.
        tag: String,
        /// The branch or tag whose commit it now has.
        to: String,
    },
    /// Somebody has rewritten history: the branch is at this other branch or tag's commit, and what it had beyond that is in no
    /// ref any more.
    MovedBranch {
        /// The branch.
        branch: String,
        /// The branch or tag whose commit it now has.
        to: String,
    },
    /// The pack stops after so many bytes; the connection stays open.
    StallPack(ByteCount),
    /// The pack is cut after so many bytes.
    CutPack(ByteCount),
    /// Only the dumb protocol: `info/refs` comes as a plain file without service announcement.
    DumbOnly,
    /// The service is switched off: 403 to `git-upload-pack`, refs served.
    PackForbidden,
}

impl GitFault {
    /// Whether it changes the answer to `asked`: a cut pack is about nothing but packs.
    ///
    /// A server asks this before it fires the fault.
    pub fn concerns(&self, asked: &Asked) -> bool {
        let of_git = matches!(asked.kind, RequestKind::GitRefs | RequestKind::GitPack);
        match self {
            Self::AuthRequired
            | Self::Forbidden
            | Self::NotFound
            | Self::ExpiredToken
            | Self::HiddenRef(_)
            | Self::MovedTag { .. }
            | Self::MovedBranch { .. } => of_git,
            Self::StallPack(_) | Self::CutPack(_) | Self::PackForbidden => {
                asked.kind == RequestKind::GitPack
            }
            Self::DumbOnly => asked.kind == RequestKind::GitRefs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_fault_concerns_packs_alone() {
        let concerned = |fault: &GitFault| {
            RequestKind::ALL.map(|kind| {
                fault.concerns(&Asked {
                    kind,
                    method: "GET".to_owned(),
                    path: "/".to_owned(),
                    module: None,
                })
            })
        };
        let only = |kinds: &[RequestKind]| RequestKind::ALL.map(|kind| kinds.contains(&kind));
        assert_eq!(
            concerned(&GitFault::CutPack(ByteCount(0))),
            only(&[RequestKind::GitPack])
        );
        assert_eq!(
            concerned(&GitFault::Forbidden),
            only(&[RequestKind::GitRefs, RequestKind::GitPack])
        );
    }
}
