//! Which clock a scenario runs under, and when it begins.

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::file::{ClockFile, Located, ScenarioFile};
use crate::scenario::ClockChoice;
use crate::time::{InvalidTime, WallTime};

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
        let start = file.start.as_ref();
        ClockChoice::Virtual {
            start: start.map_or(WallTime::START, |written| self.wall_time(written)),
        }
    }

    /// What a clock shows; reported where it is no time.
    pub(super) fn wall_time(&mut self, written: &Located<String>) -> WallTime {
        written.value.parse().unwrap_or_else(|error: InvalidTime| {
            self.report(
                Diagnostic::new(
                    Code::BadTime,
                    format!("`{}` is no time that a clock shows", written.value),
                )
                .at(written.span.clone(), error.to_string())
                .help("write it as RFC 3339 has it, in UTC: `2019-03-01T00:00:00Z`"),
            );
            WallTime::START
        })
    }

    /// Reports clients with a clock of their own where nobody's can be set.
    pub(super) fn client_clocks(&mut self, file: &ScenarioFile) {
        let Some(real) = &file.clock.real else {
            return;
        };
        let of_faults = file.fault.iter();
        let of_faults = of_faults.filter_map(|fault| fault.value.client.as_ref());
        let of_faults = of_faults.map(|client| &client.value);
        let remedies = file.fix.iter().chain(&file.nonfix);
        let of_remedies = remedies.filter_map(|remedy| remedy.value.client.as_ref());
        let clients = std::iter::once(&file.client)
            .chain(of_faults)
            .chain(of_remedies);
        for clock in clients.filter_map(|client| client.clock.as_ref()) {
            self.report(
                Diagnostic::new(
                    Code::RealAndStart,
                    "a clock that is the machine's own cannot show another time",
                )
                .at(real.span.clone(), "the machine's own clock")
                .at(clock.span.clone(), "another time")
                .help("leave `client.clock` out, or `clock.real`"),
            );
        }
    }
}
