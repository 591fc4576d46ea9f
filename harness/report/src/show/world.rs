//! The small internet, drawn.

use crate::card::{Card, HostCard, Place};
use crate::style::{BAD, NAME, painted};
use crate::wrap::{WIDTH, width, wrapped};

const BROKEN: &str = "<-- broken";

/// The client, the wire and the hosts, each a line; what is broken is marked.
pub(super) fn drawing(card: &Card) -> String {
    let client_broken = card.faults.iter().any(|fault| fault.place == Place::Client);
    let mut out = format!(
        "  {}  the machine that runs the command{}\n",
        painted(NAME, "client"),
        mark(client_broken),
    );
    for setting in &card.client {
        out.push_str(&wrapped(setting, "  |      ", "  |        "));
    }
    out.push_str("  |\n  |  the wire: every packet between these machines is seen\n  |\n");
    let names = card
        .hosts
        .iter()
        .map(|host| width(host.name.as_str()))
        .max()
        .unwrap_or(0);
    for host in &card.hosts {
        out.push_str(&host_line(card, host, names));
    }
    out
}

fn host_line(card: &Card, host: &HostCard, names: usize) -> String {
    let at = |place: Place| card.faults.iter().any(|fault| fault.place == place);
    let (wire_broken, host_broken) = (
        at(Place::Wire(host.name.clone())),
        at(Place::Host(host.name.clone())),
    );
    let lead = if wire_broken {
        format!("  +-{}- ", painted(BAD, "X"))
    } else {
        "  +--- ".to_owned()
    };
    let name = host.name.as_str();
    let address = host.address.to_string();
    let head = format!(
        "{lead}{}{}  {address:<15}",
        painted(NAME, name),
        " ".repeat(names - width(name)),
    );
    let head_width = 7 + names + 2 + address.len().max(15);
    let marked = wire_broken || host_broken;
    let beside = head_width + 2 + width(&host.role) + if marked { 1 + BROKEN.len() } else { 0 };
    if beside <= WIDTH {
        return format!(
            "{}\n",
            format!("{head}  {}{}", host.role, mark(marked)).trim_end()
        );
    }
    let mut out = format!("{}{}\n", head.trim_end(), mark(marked));
    let last = card.hosts.last().is_some_and(|last| last.name == host.name);
    let below = if last { "         " } else { "  |      " };
    out.push_str(&wrapped(&host.role, below, below));
    out
}

fn mark(broken: bool) -> String {
    if broken {
        format!(" {}", painted(BAD, BROKEN))
    } else {
        String::new()
    }
}
