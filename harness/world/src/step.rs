//! What is done in a phase.

use serde::{Deserialize, Serialize};

use modfault_kit::HostName;
use modfault_scenario::Expect;

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A command line runs on the client, by `/bin/sh -c` only where it has more than words.
    Run {
        /// The command line.
        command: String,
        /// What is stated about it in this phase.
        expect: Expect,
        /// Further environment variables for this step alone.
        env: std::collections::BTreeMap<String, String>,
    },
    /// Several command lines run on the client at the same time; the step is over when all of them are.
    Together {
        /// The command lines.
        commands: Vec<String>,
        /// What is stated in this phase about what they did taken together.
        expect: Expect,
        /// Further environment variables for each of them.
        env: std::collections::BTreeMap<String, String>,
    },
    /// A file of the client is written (created or replaced) by its owner.
    Write {
        /// Absolute path.
        path: String,
        /// The new content.
        text: String,
    },
    /// Bytes of a file of the client are overwritten at an offset; negative offsets count from the end.
    Corrupt {
        /// Absolute path.
        path: String,
        /// Where.
        offset: i64,
        /// With these bytes.
        bytes: Vec<u8>,
    },
    /// A file of the client is cut to this length.
    Truncate {
        /// Absolute path.
        path: String,
        /// Bytes that stay.
        length: u64,
    },
    /// A file or directory of the client is removed, whatever its permission bits.
    Remove {
        /// Absolute path.
        path: String,
    },
    /// Permission bits of a file or directory of the client change.
    Chmod {
        /// Absolute path.
        path: String,
        /// The new bits.
        mode: u32,
    },
    /// A tag of a repository moves to another version's commit.
    Retag {
        /// The host.
        host: HostName,
        /// The repository's path at the host.
        repository: String,
        /// The tag.
        tag: String,
        /// The branch or tag whose commit it gets.
        to: String,
    },
    /// The cache of the client's own resolver is emptied.
    FlushStubResolver,
}
