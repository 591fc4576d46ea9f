//! The colours of every report, by what they mean.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// As wanted.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Not as wanted.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Neither: could not run, drift.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Names that a reader looks for.
pub const NAME: Style = AnsiColor::Cyan.on_default().bold();
/// Headings.
pub const HEADING: Style = Style::new().bold();
/// What a command printed, and other asides.
pub const ASIDE: Style = Style::new().dimmed();
/// A line that a difference adds.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// A line that a difference takes away.
pub const REMOVED: Style = AnsiColor::Red.on_default();

/// `text` between the escapes of `style`.
pub fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
