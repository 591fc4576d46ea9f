//! Go modules as values: what a module proxy or a checksum database has to know of them. No sockets, no files.
//!
//! Read in this order: [`path`] and [`version`] name a module, [`mod@escape`] spells both in a URL; [`archive`] makes its
//! zip, [`hash`] says what `go.sum` will hold, [`info`] and [`manifest`] make the `.info` and `.mod` files.
//! Everything follows the Go Modules Reference (<https://go.dev/ref/mod>).

pub mod archive;
pub mod escape;
pub mod hash;
pub mod info;
pub mod manifest;
pub mod path;
pub mod version;

pub use archive::{ArchiveError, Packing, module_prefix, zip_packed, zip_under};
pub use escape::{EscapeError, escape, unescape};
pub use hash::{H1, hash_files, hash_go_mod, hash_zip};
pub use info::{CommitTime, InvalidCommitTime, info_json};
pub use manifest::{default_go_mod, with_module_path};
pub use path::{InvalidModulePath, ModulePath};
pub use version::{InvalidModuleVersion, ModuleVersion, latest};
