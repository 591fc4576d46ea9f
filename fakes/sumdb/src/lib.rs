//! A checksum database: a signed transparency log of module hashes (<https://go.dev/design/25530-sumdb>), and every way in
//! which it can lie.
//!
//! Read in this order: [`record`] is what the log holds, [`tree`] hashes it (RFC 6962 §2.1), [`tile`] names the pieces that
//! clients fetch; [`note`] signs, [`log`] puts the three together; `wanted` tells what a path asks for, `histories` and
//! `bend` are the lies; [`site`] is the database behind a web server.

mod bend;
mod histories;
pub mod log;
pub mod note;
pub mod record;
pub mod site;
pub mod tile;
pub mod tree;
mod wanted;

pub use log::Log;
pub use note::DatabaseKey;
pub use record::Record;
pub use site::{SumdbContent, SumdbSite};
pub use tile::{Tile, TileLevel};
pub use tree::{Hash, Tree};
