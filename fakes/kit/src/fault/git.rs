//! Git server faults (gitprotocol-http, gitprotocol-pack).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::ByteCount;

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
    /// The pack stops after so many bytes; the connection stays open.
    StallPack(ByteCount),
    /// The pack is cut after so many bytes.
    CutPack(ByteCount),
    /// Only the dumb protocol: `info/refs` comes as a plain file without service announcement.
    DumbOnly,
    /// The service is switched off: 403 to `git-upload-pack`, refs served.
    PackForbidden,
}
