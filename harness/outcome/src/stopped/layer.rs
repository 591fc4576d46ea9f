//! Which layer a trouble belongs to.

use modfault_kit::fault::HttpFault;
use modfault_kit::{Fault, FaultId, PlacedFault, RequestKind};
use modfault_scenario::Layer;

/// The layer of a connection to `port`: nobody asks a resolver for anything but names (RFC 1035 §4.2).
pub(super) fn port_layer(port: u16) -> Layer {
    if port == 53 { Layer::Dns } else { Layer::Tcp }
}

/// The layer of an error status.
pub(super) fn asked_layer(asked: RequestKind, status: u16) -> Layer {
    // 407 is an HTTP proxy's, whatever was asked for (RFC 9110 §15.5.8)
    if status == 407 {
        return Layer::Http;
    }
    match asked {
        RequestKind::List
        | RequestKind::Latest
        | RequestKind::Info
        | RequestKind::Mod
        | RequestKind::Zip
        | RequestKind::Toolchain => Layer::Goproxy,
        RequestKind::SumdbSupported
        | RequestKind::SumdbLookup
        | RequestKind::SumdbLatest
        | RequestKind::SumdbTile => Layer::Sum,
        RequestKind::GoGet | RequestKind::GitRefs | RequestKind::GitPack => Layer::Git,
        RequestKind::Connect | RequestKind::Page => Layer::Http,
    }
}

/// The layer of an exchange that broke off, where no fault is known to have done it.
pub(super) fn broken_layer(asked: RequestKind) -> Layer {
    match asked {
        RequestKind::GitRefs | RequestKind::GitPack => Layer::Git,
        RequestKind::List
        | RequestKind::Latest
        | RequestKind::Info
        | RequestKind::Mod
        | RequestKind::Zip
        | RequestKind::Toolchain
        | RequestKind::SumdbSupported
        | RequestKind::SumdbLookup
        | RequestKind::SumdbLatest
        | RequestKind::SumdbTile
        | RequestKind::GoGet
        | RequestKind::Connect
        | RequestKind::Page => Layer::Http,
    }
}

pub(super) fn layer_of(faults: &[PlacedFault], id: &FaultId) -> Option<Layer> {
    let placed = faults.iter().find(|placed| &placed.id == id)?;
    Some(match placed.what {
        Fault::Dns(_) => Layer::Dns,
        Fault::Net(_) | Fault::Tcp(_) => Layer::Tcp,
        Fault::Tls(_) => Layer::Tls,
        Fault::Http(_) => Layer::Http,
        Fault::Goproxy(_) => Layer::Goproxy,
        Fault::Sumdb(_) => Layer::Sum,
        Fault::Git(_) | Fault::Ssh(_) | Fault::Vanity(_) => Layer::Git,
    })
}

/// The layer of a fault that bent an answer which was sent whole; a late answer is not bent.
pub(super) fn bent_layer(faults: &[PlacedFault], id: &FaultId) -> Option<Layer> {
    let late = faults
        .iter()
        .any(|placed| &placed.id == id && matches!(placed.what, Fault::Http(HttpFault::Delay(_))));
    if late { None } else { layer_of(faults, id) }
}
