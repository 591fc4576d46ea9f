//! What came of the acts of a rule.

use bytes::Bytes;
use serde::Serialize;

/// An answer, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header fields, names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The first field of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text, where it is one.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// Whether it says that there is no such thing, which is where `go` goes on to the next entry of GOPROXY.
    pub fn is_absence(&self) -> bool {
        matches!(self.status, 404 | 410)
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A whole answer.
    Answered(Answer),
    /// None, or not the whole of one; why, in words.
    Broken(String),
    /// Nothing, or not the whole, while there was patience; how long, in words.
    Silent(String),
}

/// A run of `go`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GoRun {
    /// The command line.
    pub command: String,
    /// GOPROXY in it.
    pub goproxy: String,
    /// The exit status; none where it was killed.
    pub exit: Option<i32>,
    /// What it printed on standard output.
    pub stdout: String,
    /// What it printed on standard error.
    pub stderr: String,
    /// Who was asked what meanwhile, the subject apart: a line each.
    pub asked: Vec<String>,
}

/// A request that came to the upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
}

/// Everything that came of the acts of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The replies, in the order of the acts.
    pub replies: Vec<Reply>,
    /// The runs of `go`, in the order of the acts.
    pub runs: Vec<GoRun>,
    /// What the upstream was asked meanwhile.
    pub upstream: Vec<UpstreamRequest>,
}
