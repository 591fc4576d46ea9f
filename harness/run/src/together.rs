//! What became of the commands of a step, apart and taken together.

use modfault_outcome::{CommandObservation, Exit};
use modfault_world::Step;

use crate::command::Ran;

/// Each command of a step in which several ran.
pub(crate) fn apart(step: &Step, ran: &[Ran]) -> Vec<CommandObservation> {
    let Step::Together { commands, .. } = step else {
        return Vec::new();
    };
    let seen = commands.iter().zip(ran).filter_map(|(title, ran)| {
        Some(CommandObservation {
            title: title.clone(),
            exit: ran.exit?,
            stdout: ran.stdout.clone(),
            stderr: ran.stderr.clone(),
        })
    });
    seen.collect()
}

/// The step as one: it ended as the first command that did not end well, and printed what all of them printed.
pub(crate) fn all(ran: Vec<Ran>) -> Ran {
    let well = |exit: Option<Exit>| exit == Some(Exit::Code(0));
    ran.into_iter()
        .reduce(|one, other| Ran {
            exit: if well(one.exit) { other.exit } else { one.exit },
            stdout: one.stdout + &other.stdout,
            stderr: one.stderr + &other.stderr,
            hang: one.hang.or(other.hang),
            cpu: one.cpu + other.cpu,
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(code: i32, stderr: &str) -> Ran {
        Ran {
            exit: Some(Exit::Code(code)),
            stderr: stderr.to_owned(),
            ..Ran::default()
        }
    }

    #[test]
    fn a_step_ends_as_the_first_command_that_does_not_end_well() {
        let ended = all(vec![ran(0, "a\n"), ran(2, "b\n"), ran(1, "c\n")]);
        assert_eq!(ended.exit, Some(Exit::Code(2)));
        assert_eq!(ended.stderr, "a\nb\nc\n");
        assert_eq!(all(vec![ran(0, ""), ran(0, "")]).exit, Some(Exit::Code(0)));
        assert_eq!(all(Vec::new()).exit, None);
    }
}
