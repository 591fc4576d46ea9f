//! Which clock worlds have on this machine, before any is made.

pub use modfault_run::ClockWish;

use modfault_scenario::{GoVersion, Scenario};
use modfault_world::WorldClock;

use crate::pace;

/// The clock that worlds have which do not need the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Available {
    /// Their own: a wait costs no time.
    Virtual,
    /// The machine's: it is wished for, or no other can be had.
    Real,
}

impl Available {
    /// The clock that a world gets.
    pub fn of(self, world: &WorldClock) -> Self {
        match world {
            WorldClock::Real { .. } => Self::Real,
            WorldClock::Virtual { .. } => self,
        }
    }
}

/// Why there is no virtual clock here, and what lifts it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no virtual clock here: {why}")]
pub struct Refused {
    /// What stands in the way.
    pub why: String,
    /// What lifts it, a line each.
    pub remedies: Vec<String>,
}

/// Why there is no virtual clock on this machine, where there is none. It is tried in a world, once a process.
pub fn refused() -> Option<Refused> {
    modfault_run::clock_refusal().map(|refusal| Refused {
        why: refusal.to_string(),
        remedies: refusal.limits().iter().map(ToString::to_string).collect(),
    })
}

/// The clock that is available by `wish` where it is `refused` or not.
///
/// # Errors
/// The virtual one is demanded, and refused.
pub fn available(wish: ClockWish, refused: Option<&Refused>) -> Result<Available, Refused> {
    match (wish, refused) {
        (ClockWish::Real, _) => Ok(Available::Real),
        (ClockWish::Virtual, Some(refused)) => Err(refused.clone()),
        (ClockWish::Auto, Some(_)) => Ok(Available::Real),
        (ClockWish::Auto | ClockWish::Virtual, None) => Ok(Available::Virtual),
    }
}

/// Whether any phase of `scenario` would run on a clock of its own if it were to be had.
pub fn would_be_virtual(scenario: &Scenario, go: GoVersion) -> bool {
    pace::worlds(scenario, go)
        .iter()
        .any(|(_, world)| Available::Virtual.of(&world.clock) == Available::Virtual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no() -> Refused {
        Refused {
            why: "no command can be traced here".into(),
            remedies: Vec::new(),
        }
    }

    #[test]
    fn the_virtual_clock_is_taken_where_it_works_unless_the_real_one_is_wished_for() {
        assert_eq!(available(ClockWish::Auto, None), Ok(Available::Virtual));
        assert_eq!(available(ClockWish::Virtual, None), Ok(Available::Virtual));
        assert_eq!(available(ClockWish::Real, None), Ok(Available::Real));
    }

    #[test]
    fn where_it_is_refused_only_who_demands_it_gets_nothing() {
        let no = no();
        assert_eq!(available(ClockWish::Auto, Some(&no)), Ok(Available::Real));
        assert_eq!(available(ClockWish::Real, Some(&no)), Ok(Available::Real));
        assert_eq!(
            available(ClockWish::Virtual, Some(&no)),
            Err(no.clone()),
            "{no}"
        );
    }
}
