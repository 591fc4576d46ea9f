//! What every scenario shows, as recorded: `<layer>/<name>.snap`, and `<name>@1.21.snap` where that version of Go differs.
//!
//! The one test target, `tests/scenarios.rs`, runs every scenario on every Go of the suite as a test of its own. There is no code
//! here: cargo wants a library where there is a test.
