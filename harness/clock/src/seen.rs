//! When something was last seen to happen, and for how long a command may do without.

use std::time::{Duration, Instant};

/// When a command has done nothing that can be seen for so long, it never will: Linux itself gives up a silent connection after
/// 2 h 11 min 15 s (tcp(7): keepalive time, and nine probes 75 s apart), and nothing that go, git or curl waits for lasts longer.
const FOR_EVER: Duration = Duration::from_secs(2 * 3_600 + 15 * 60);

/// When a command has been at it for so long, whatever it does, it will not end.
const A_DAY: Duration = Duration::from_secs(24 * 3_600);

/// When time has not jumped for so long in reality, and nothing was seen to happen, something works that will not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// When something was last seen to happen: a process that began, executed or ended, or what the world saw.
#[derive(Debug)]
pub(crate) struct Seen {
    deeds: u64,
    /// On the world's clock.
    at: Duration,
    /// In reality, with the deeds by then.
    really: (u64, Instant),
    told: bool,
}

impl Seen {
    pub(crate) fn nothing() -> Self {
        Self {
            deeds: 0,
            at: Duration::ZERO,
            really: (0, Instant::now()),
            told: false,
        }
    }

    /// So many deeds by `now`; where there is no command, that is none that hangs.
    pub(crate) fn deeds(&mut self, deeds: u64, nobody: bool, now: Duration) {
        if deeds != self.deeds || nobody {
            (self.deeds, self.at, self.told) = (deeds, now, false);
        }
    }

    /// For how long nothing has happened by `now`.
    pub(crate) fn silence(&self, now: Duration) -> Duration {
        now.saturating_sub(self.at)
    }

    /// Whether a command that is to go on at `instant` never ends.
    pub(crate) fn is_without_end(&self, instant: Duration) -> bool {
        self.silence(instant) > FOR_EVER || instant > A_DAY
    }

    /// Whether a hang is still to be told; after this it is not.
    pub(crate) fn is_news(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Time has jumped.
    pub(crate) fn a_jump(&mut self) {
        self.really.1 = Instant::now();
    }

    /// Whether time, after so many deeds, has stood still for too long in reality; after this its patience begins anew.
    pub(crate) fn is_stuck(&mut self, deeds: u64) -> bool {
        let (seen, since) = &mut self.really;
        if *seen != deeds {
            (*seen, *since) = (deeds, Instant::now());
            return false;
        }
        let stuck = since.elapsed() > PATIENCE;
        if stuck {
            *since = Instant::now();
        }
        stuck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn what_happens_ends_the_silence_and_a_hang_is_told_once() {
        let mut seen = Seen::nothing();
        assert!(!seen.is_without_end(HOUR));
        assert!(seen.is_without_end(HOUR * 3));
        assert!(seen.is_news() && !seen.is_news());
        seen.deeds(1, false, HOUR * 2);
        assert!(!seen.is_without_end(HOUR * 3));
        assert!(seen.is_news(), "after a deed it is another hang");
        assert!(seen.is_without_end(A_DAY + HOUR), "whatever it does");
    }

    #[test]
    fn without_a_command_nothing_hangs() {
        let mut seen = Seen::nothing();
        seen.deeds(0, true, HOUR * 20);
        assert_eq!(seen.silence(HOUR * 21), HOUR);
    }
}
