//! Which clock a scenario runs under, and when it begins.

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::ClockFile;
use crate::scenario::ClockChoice;
use crate::time::WallTime;

impl Check<'_> {
    pub(super) fn clock(&mut self, file: &ClockFile) -> ClockChoice {
        if let (Some(real), Some(start)) = (&file.real, &file.start) {
            self.report(
                Diagnostic::new(
                    Code::RealAndStart,
                    "a clock that is the machine's own cannot begin at another time",
                )
                .at(real.span.clone(), "the machine's own clock")
                .at(start.span.clone(), "another time")
                .help("leave `clock.start` out, or `clock.real`"),
            );
        }
        if let Some(real) = &file.real {
            return ClockChoice::Real {
                reason: real.value.clone(),
            };
        }
        let mut start = WallTime::START;
        if let Some(written) = &file.start {
            match written.value.parse() {
                Ok(time) => start = time,
                Err(error) => self.report(
                    Diagnostic::new(
                        Code::BadTime,
                        format!("`{}` is no time that a clock shows", written.value),
                    )
                    .at(written.span.clone(), error.to_string())
                    .help("write it as RFC 3339 has it, in UTC: `2019-03-01T00:00:00Z`"),
                ),
            }
        }
        ClockChoice::Virtual { start }
    }
}
