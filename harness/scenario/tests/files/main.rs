//! The scenario files of this repository, good and bad, against the parser and the schema.

mod bytes;
mod component;
mod name_service;
mod parsing;
mod readme;
mod schema;
mod tree;
mod versions;
mod words;
