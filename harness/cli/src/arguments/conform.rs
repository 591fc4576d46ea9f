//! What can be asked of `modfault conform`.

use std::num::NonZeroUsize;

use clap::Args;

use super::Format;
use modfault_toolchain::Wanted;

/// `modfault conform`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
In the arguments of the server and in --env these are filled in; it has them as variables too:
  {listen}     MODFAULT_LISTEN     where it must listen, without TLS: 203.0.113.10:8080
  {port}       MODFAULT_PORT       the port alone
  {upstream}   MODFAULT_UPSTREAM   the URL of its upstream, a module proxy
  {ca_file}    MODFAULT_CA_FILE    what signed its upstream's certificate; its system trusts that too
  {sumdb_key}  MODFAULT_SUMDB_KEY  the key of the checksum database sum.golang.org, for GOSUMDB
  {dir}        MODFAULT_DIR        its own directory, and its HOME
A word that names a file is that file in the world. `go` is on its PATH.

Exit status: 0 every rule that must hold does, 1 one does not, 2 the command line is wrong,
3 the server did not start.

  modfault conform -- ./myproxy -listen {listen} -upstream {upstream}
  modfault conform --env GOPROXY={upstream} --env GOSUMDB={sumdb_key} -- goproxy server --address {listen}
  modfault conform --url http://127.0.0.1:8080 --module example.com/greet@v1.0.0")]
pub(crate) struct ConformArguments {
    /// A server that runs already: only what can be asked from outside is, and no world is needed
    #[arg(long, value_name = "URL", requires = "modules", conflicts_with_all = ["server", "env", "go", "jobs"])]
    pub(crate) url: Option<String>,

    /// With --url: a module version that it has; one with capital letters, or +incompatible, lets it be asked for those too
    #[arg(long = "module", value_name = "PATH@VERSION", requires = "url")]
    pub(crate) modules: Vec<String>,

    /// With --url: the checksum database that it passes on
    #[arg(
        long,
        value_name = "NAME",
        default_value = "sum.golang.org",
        requires = "url"
    )]
    pub(crate) sumdb: String,

    /// A variable for the server; several times for several
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,

    /// Only these rules: `upstream.502`, `sumdb.*`; several times for several
    #[arg(long = "rule", value_name = "PATTERN")]
    pub(crate) rules: Vec<String>,

    /// How many seconds an answer is waited for
    #[arg(long, value_name = "SECONDS", default_value = "30")]
    pub(crate) patience: NonZeroUsize,

    /// The Go to run: a version (1.21, 1.27.3, newest) or a path
    #[arg(long, value_name = "GO")]
    pub(crate) go: Option<Wanted>,

    /// How many worlds at once; twice as many as there are cores, unless told otherwise, as servers mostly wait
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Tell of every rule what was seen, and let go show it
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    /// The server and its arguments
    #[arg(last = true, value_name = "SERVER", required_unless_present = "url")]
    pub(crate) server: Vec<String>,
}
