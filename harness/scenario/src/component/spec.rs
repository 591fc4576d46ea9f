//! What a scenario says of one program.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::client::FileContent;
use crate::host::{merge, replace};

/// A real program in the place of a fake. As a patch it holds what is different.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ComponentSpec {
    /// The name of a known one, or an absolute path.
    pub program: Option<String>,
    /// The TCP ports that it opens.
    pub listen: Option<Vec<u16>>,
    /// The UDP ports that it opens.
    pub listen_udp: Option<Vec<u16>>,
    /// The unix sockets that it opens, by absolute path.
    pub listen_unix: Option<Vec<String>>,
    /// Files in its directory; `None` for one that does not exist.
    pub files: BTreeMap<String, Option<FileContent>>,
    /// Its arguments, where they are not the usual ones.
    pub arguments: Option<Vec<String>>,
    /// Variables beside the usual ones; `None` takes one away.
    pub env: BTreeMap<String, Option<String>>,
    /// Files in its directory that are its logs.
    pub logs: Option<Vec<String>>,
}

impl ComponentSpec {
    /// Lays `patch` over it: whole values replace, files and variables are merged by name.
    pub(crate) fn patch(&mut self, patch: &Self) {
        replace(&mut self.program, &patch.program);
        replace(&mut self.listen, &patch.listen);
        replace(&mut self.listen_udp, &patch.listen_udp);
        replace(&mut self.listen_unix, &patch.listen_unix);
        merge(&mut self.files, &patch.files);
        replace(&mut self.arguments, &patch.arguments);
        merge(&mut self.env, &patch.env);
        replace(&mut self.logs, &patch.logs);
    }
}
