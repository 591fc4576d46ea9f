//! What is done to find out whether a rule holds.

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Its method.
    pub method: &'static str,
    /// Its path below that of the server.
    pub path: String,
    /// Its header fields beside those that every request has.
    pub headers: Vec<(String, String)>,
    /// The reply, counted from 0 within the rule, whose entity tag goes into `If-None-Match`.
    pub unless: Option<usize>,
}

impl Ask {
    /// A GET.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            unless: None,
        }
    }

    /// A HEAD.
    pub fn head(path: impl Into<String>) -> Self {
        Self {
            method: "HEAD",
            ..Self::get(path)
        }
    }

    /// The same with this header field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same on the condition that it is not what that reply was.
    #[must_use]
    pub fn unless(mut self, reply: usize) -> Self {
        self.unless = Some(reply);
        self
    }
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The subject is asked, which gives a reply.
    Ask(Ask),
    /// The subject is asked so many times at once, which gives as many replies.
    Together(usize, Ask),
    /// The checksum database is asked itself, which gives a reply.
    AskDatabase(String),
    /// What is wrong upstream ends.
    Lift,
    /// `go` is run with the subject as its GOPROXY, which gives a run.
    Go(String),
}
