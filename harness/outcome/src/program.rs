//! What the timeline tells of a host that is a real program: that it accepts connections, and no more. A fake tells of each what
//! was said on it too.

use modfault_kit::{Event, EventKind, HostName};

/// Whether all that is seen of `host` is that it accepted connections.
pub(crate) fn only_accepts(events: &[Event], host: &HostName) -> bool {
    let mut of_host = events.iter().filter(|event| &event.host == host).peekable();
    of_host.peek().is_some()
        && of_host.all(|event| matches!(event.kind, EventKind::Accepted { .. }))
}
