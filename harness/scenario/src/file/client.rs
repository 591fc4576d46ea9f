//! `[client]` and its steps.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{ComponentFile, ExpectFile, FlushFile, Located, SshFile, StubFile};
use crate::host::{Authority, Login};

/// The machine that the command runs on. As a patch it says what is different.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct ClientFile {
    /// The command line; in a patch, another one in the place of the last.
    pub(crate) run: Option<Located<String>>,
    /// What is done, in order, where one command does not tell it.
    pub(crate) steps: Option<Located<Vec<Located<StepFile>>>>,
    /// Environment variables; `false` takes one away.
    pub(crate) env: BTreeMap<Located<String>, EnvValue>,
    /// Files by path: relative to the project `/home/dev/app`, below the home (`~/x`), in the module cache (`modcache:x`), or absolute.
    pub(crate) files: BTreeMap<Located<String>, FileValue>,
    /// Modules with version that the project's go.mod requires and its main.go imports: `example.com/greet@v1.0.0`.
    pub(crate) requires: Option<Vec<Located<String>>>,
    /// The `go` line of the project's go.mod; 1.19 unless stated.
    pub(crate) go_directive: Option<String>,
    /// Authorities in the system's trust store beside the public one.
    pub(crate) trust: Option<Vec<Authority>>,
    /// Further lines of `/etc/hosts`.
    pub(crate) hosts_file: Option<Vec<String>>,
    /// `/etc/resolv.conf`, whole.
    pub(crate) resolv_conf: Option<String>,
    /// `/etc/nsswitch.conf`, whole.
    pub(crate) nsswitch_conf: Option<String>,
    /// A caching resolver runs on it.
    pub(crate) stub_resolver: Option<StubFile>,
    /// Real programs that run on it as its user, by a name of yours.
    pub(crate) daemons: BTreeMap<Located<String>, ComponentFile>,
    /// What its clock shows when the world begins, in UTC, where that is not `clock.start`.
    pub(crate) clock: Option<Located<String>>,
    /// Small file systems: path to size in bytes.
    pub(crate) small_disks: BTreeMap<Located<String>, u64>,
    /// Directories that are mounted read-only.
    pub(crate) read_only: Option<Vec<Located<String>>>,
    /// Kernel settings of the client's network.
    pub(crate) sysctls: BTreeMap<String, String>,
    /// Programs that the client lacks though the machine has them.
    pub(crate) without: Option<Vec<String>>,
    /// Entries of `~/.netrc`, by machine.
    pub(crate) netrc: BTreeMap<String, Login>,
    /// Its SSH key, and what it knows of hosts.
    pub(crate) ssh: Option<SshFile>,
    /// The text of `~/.gitconfig`.
    pub(crate) gitconfig: Option<String>,
}

/// The value of a variable, or `false` for one that is not set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum EnvValue {
    /// It has this value.
    Set(String),
    /// It is not set.
    Unset(False),
}

/// What a file holds, or `false` for one that does not exist.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum FileValue {
    /// This text, mode 0644.
    Text(String),
    /// This text under this mode.
    Full(FullFile),
    /// It does not exist.
    Absent(False),
}

/// The word `false`, which says that there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct False;

impl<'de> Deserialize<'de> for False {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match bool::deserialize(deserializer)? {
            false => Ok(Self),
            true => Err(D::Error::custom("only `false` has a meaning here")),
        }
    }
}

impl JsonSchema for False {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "False".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "boolean", "const": false })
    }
}

/// A file with its permission bits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FullFile {
    /// The text.
    pub(crate) text: String,
    /// Permission bits: `0o600`.
    pub(crate) mode: u32,
}

/// One step: exactly one of the things to do, and what is expected where it is `run`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct StepFile {
    /// A command line runs.
    pub(crate) run: Option<String>,
    /// Two command lines or more run at the same time.
    pub(crate) together: Option<Vec<String>>,
    /// A file is written.
    pub(crate) write: Option<WriteFile>,
    /// Bytes of a file are overwritten.
    pub(crate) corrupt: Option<CorruptFile>,
    /// A file is cut.
    pub(crate) truncate: Option<TruncateFile>,
    /// A file or directory is removed.
    pub(crate) remove: Option<Located<String>>,
    /// Permission bits change.
    pub(crate) chmod: Option<ChmodFile>,
    /// A tag of a repository moves.
    pub(crate) retag: Option<RetagFile>,
    /// A cache is emptied.
    pub(crate) flush: Option<FlushFile>,
    /// With `run` or `together`: further environment variables for this step alone.
    pub(crate) env: BTreeMap<Located<String>, String>,
    /// With `run` or `together`: what is expected while the fault is there; exit 0 unless stated.
    pub(crate) expect: ExpectFile,
    /// With `run` or `together`: what is expected while nothing is wrong; exit 0 unless stated.
    pub(crate) control: ExpectFile,
    /// With `run` or `together`: what would be seen if a claim were true, by its name.
    pub(crate) predicts: BTreeMap<Located<String>, ExpectFile>,
    /// Whether this step is what is wrong and so is left out of the control; without `[[fault]]`, every step that runs nothing is.
    pub(crate) fault: Option<bool>,
}

impl StepFile {
    /// Whether it is the fault of a file without `[[fault]]`.
    pub(crate) fn is_fault_alone(&self) -> bool {
        self.fault
            .unwrap_or(self.run.is_none() && self.together.is_none())
    }
}

/// A file that is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WriteFile {
    /// Which.
    pub(crate) path: Located<String>,
    /// What it then holds.
    pub(crate) text: String,
}

/// Bytes that are overwritten.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorruptFile {
    /// Of which file.
    pub(crate) path: Located<String>,
    /// Where; negative offsets count from the end.
    #[serde(default)]
    pub(crate) offset: i64,
    /// With this text.
    pub(crate) with: String,
}

/// A file that is cut.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TruncateFile {
    /// Which.
    pub(crate) path: Located<String>,
    /// Bytes that stay.
    pub(crate) length: u64,
}

/// Permission bits that change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChmodFile {
    /// Of which file or directory.
    pub(crate) path: Located<String>,
    /// The new bits: `0o555`.
    pub(crate) mode: u32,
}

/// A tag that moves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetagFile {
    /// The module of the repository, or the repository's path at its host.
    pub(crate) repo: Located<String>,
    /// Which tag.
    pub(crate) tag: String,
    /// The branch or tag whose commit it gets.
    pub(crate) to: String,
}
