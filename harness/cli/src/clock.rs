//! Which clock worlds get, and what is said where it is not the virtual one.

use std::io::Write as _;

use crate::arguments::ClockName;
use crate::failure::Failure;
use crate::output::Output;
use modfault_suite::clock::would_be_virtual;
use modfault_suite::{Available, Case, ClockWish, Machine, Refused, clock};
use modfault_toolchain::Toolchain;

/// What a word of the command line wishes for; without one the virtual clock, where it works.
pub(crate) fn wish(name: Option<ClockName>) -> ClockWish {
    match name {
        None => ClockWish::Auto,
        Some(ClockName::Virtual) => ClockWish::Virtual,
        Some(ClockName::Real) => ClockWish::Real,
    }
}

/// The clock of worlds on `machine`, for `cases` on `toolchains`. Where nobody said which and the virtual one cannot be had, that
/// is said, once.
///
/// # Errors
/// The virtual one is demanded and cannot be had.
pub(crate) fn settle<'a>(
    name: Option<ClockName>,
    machine: &Machine,
    cases: impl IntoIterator<Item = &'a Case>,
    toolchains: &[Toolchain],
    output: &mut Output,
) -> Result<Available, Failure> {
    let available = machine.clock().map_err(failure)?;
    if let (None, Available::Real, Some(refused)) = (name, available, clock::refused()) {
        let concerned = cases.into_iter().any(|case| {
            toolchains
                .iter()
                .any(|go| would_be_virtual(&case.scenario, modfault_suite::engine::go_version(go)))
        });
        if concerned {
            write!(output.notes, "{}", fallback(&refused))?;
        }
    }
    Ok(available)
}

/// The virtual clock was demanded, and cannot be had.
fn failure(refused: Refused) -> Failure {
    let help = help(&refused);
    Failure::machine(refused).help(help)
}

/// What is said where the real clock takes the place of the virtual one.
fn fallback(refused: &Refused) -> String {
    format!(
        "note: {refused}\n      worlds run on the machine's clock, and what waits takes its time\nhelp: {}\n",
        help(refused)
    )
}

/// What lifts it; as help is printed, one remedy below the other.
fn help(refused: &Refused) -> String {
    if refused.remedies.is_empty() {
        "`modfault preflight` says more; `--clock real` runs on the machine's clock".to_owned()
    } else {
        refused.remedies.join("\n      ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Ending;

    fn refused(remedies: &[&str]) -> Refused {
        Refused {
            why: "tracing a command is refused: Operation not permitted".into(),
            remedies: remedies.iter().map(|remedy| (*remedy).to_owned()).collect(),
        }
    }

    #[test]
    fn a_fallback_says_what_stands_in_the_way_and_what_lifts_it() {
        let said = fallback(&refused(&["allow ptrace", "or do without"]));
        assert_eq!(
            said,
            "note: there is no virtual clock here: tracing a command is refused: Operation not permitted\n      \
             worlds run on the machine's clock, and what waits takes its time\n\
             help: allow ptrace\n      or do without\n"
        );
        assert!(fallback(&refused(&[])).contains("--clock real"));
    }

    #[test]
    fn a_virtual_clock_that_is_demanded_and_refused_is_the_machines_fault_with_the_same_text() {
        let failure = failure(refused(&["allow ptrace"]));
        assert_eq!(failure.ending, Ending::Machine);
        assert_eq!(failure.ending.code(), 3);
        assert_eq!(failure.help.as_deref(), Some("allow ptrace"));
        assert!(
            failure
                .chain()
                .starts_with("there is no virtual clock here")
        );
    }

    #[test]
    fn who_says_nothing_gets_the_virtual_clock_where_it_works() {
        assert_eq!(wish(None), ClockWish::Auto);
        assert_eq!(wish(Some(ClockName::Virtual)), ClockWish::Virtual);
        assert_eq!(wish(Some(ClockName::Real)), ClockWish::Real);
    }
}
