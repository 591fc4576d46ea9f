//! The `modfault` command.

fn main() {}
