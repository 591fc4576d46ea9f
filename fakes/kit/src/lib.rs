//! What every fake is built from: names, time, faults as data, triggers, recorded events and the seams to the outside.
//!
//! Read in this order: [`fault`] says what can go wrong, [`trigger`] when, [`select`] for which requests;
//! [`armed`] holds the faults of a running world and answers "does one fire now?"; [`event`] is what was seen,
//! [`recorder`] how it is written down; [`stream`] is a connection behind the [`toxic`]s of its host, [`serve()`] accepts them; [`clock`], [`dial`] and bound sockets are the only ways to the outside.

pub mod armed;
pub mod clock;
pub mod dial;
pub mod event;
pub mod fault;
pub mod header;
pub mod login;
pub mod name;
pub mod quantity;
pub mod recorder;
pub mod select;
pub mod serve;
pub mod ssh;
pub mod stream;
pub mod toxic;
pub mod trigger;

pub use armed::{Armed, Fired};
pub use clock::{Clock, Hold, TimeKeeper, Watched};
pub use dial::{Dial, Dialer};
pub use event::{Event, EventKind};
pub use fault::{Fault, FaultId, PlacedFault};
pub use header::HeaderWanted;
pub use login::Login;
pub use name::HostName;
pub use quantity::{ByteCount, Probability, Seed};
pub use recorder::{Recorder, Timeline};
pub use select::{Asked, RequestKind, Selector};
pub use serve::{Accepted, Bound, Context, send_at_once, serve};
pub use ssh::SshSeen;
pub use stream::{Stream, StreamControl};
pub use trigger::Trigger;
