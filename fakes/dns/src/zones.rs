//! What the resolver knows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use modfault_kit::HostName;

/// Every name that exists, with its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    names: BTreeMap<HostName, Node>,
}

/// The records of one name (RFC 1034 §3.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Its addresses: A and AAAA records (RFC 1035 §3.4.1, RFC 3596 §2.1).
    pub addresses: Vec<IpAddr>,
    /// The name that it is an alias of: a CNAME record (RFC 1035 §3.3.1). Then it has no other records.
    pub alias: Option<HostName>,
    /// Its TXT records (RFC 1035 §3.3.14).
    pub texts: Vec<String>,
}

/// What there is under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// The name does not exist.
    Nothing,
    /// It exists; the aliases that led on from it, in order, and the records at their end where that end exists.
    Name {
        /// Each alias target, in the order in which they are followed.
        aliases: Vec<&'a HostName>,
        /// The records at the end.
        node: Option<&'a Node>,
    },
}

/// More aliases than this in a row are not followed.
const LONGEST_ALIAS_CHAIN: usize = 8;

impl Zones {
    /// A resolver that knows no name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `name` exist, without records unless it has some already.
    pub fn name(mut self, name: HostName) -> Self {
        self.node(name);
        self
    }

    /// Adds an A or AAAA record to `name`.
    pub fn address(mut self, name: HostName, address: IpAddr) -> Self {
        self.node(name).addresses.push(address);
        self
    }

    /// Makes `name` an alias of `target`, which need not exist.
    pub fn alias(mut self, name: HostName, target: HostName) -> Self {
        self.node(name).alias = Some(target);
        self
    }

    /// Adds a TXT record of at most 255 bytes to `name`.
    pub fn text(mut self, name: HostName, text: &str) -> Self {
        self.node(name).texts.push(text.to_owned());
        self
    }

    fn node(&mut self, name: HostName) -> &mut Node {
        self.names.entry(name).or_default()
    }

    /// What there is under `name`, aliases followed. A name above one that exists exists too (RFC 8020).
    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        let Some(mut node) = self.lookup(name) else {
            let below = format!(".{name}");
            return if self
                .names
                .keys()
                .any(|known| known.as_str().ends_with(&below))
            {
                Found::Name {
                    aliases: Vec::new(),
                    node: None,
                }
            } else {
                Found::Nothing
            };
        };
        let mut aliases = Vec::new();
        while let Some(target) = &node.alias {
            aliases.push(target);
            match self.lookup(target.as_str()) {
                Some(next) if aliases.len() < LONGEST_ALIAS_CHAIN => node = next,
                _ => {
                    return Found::Name {
                        aliases,
                        node: None,
                    };
                }
            }
        }
        Found::Name {
            aliases,
            node: Some(node),
        }
    }

    fn lookup(&self, name: &str) -> Option<&Node> {
        self.names.get(&HostName::parse(name).ok()?)
    }
}

impl FromIterator<(HostName, Vec<IpAddr>)> for Zones {
    /// The zones in which each name has these addresses; a name without any exists all the same.
    fn from_iter<I: IntoIterator<Item = (HostName, Vec<IpAddr>)>>(names: I) -> Self {
        let mut zones = Self::new();
        for (name, addresses) in names {
            zones.node(name).addresses.extend(addresses);
        }
        zones
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> HostName {
        HostName::parse(name).unwrap()
    }

    #[test]
    fn a_name_above_one_that_exists_exists_too() {
        let zones = Zones::new().name(host("proxy.golang.org"));
        assert_ne!(zones.find("golang.org"), Found::Nothing);
        assert_eq!(zones.find("olang.org"), Found::Nothing);
        assert_eq!(zones.find("x.proxy.golang.org"), Found::Nothing);
    }

    #[test]
    fn aliases_are_followed_to_their_end() {
        let zones = Zones::new()
            .alias(host("a.example"), host("b.example"))
            .alias(host("b.example"), host("c.example"))
            .text(host("c.example"), "end");
        let Found::Name { aliases, node } = zones.find("A.example") else {
            panic!("it exists");
        };
        assert_eq!(aliases, [&host("b.example"), &host("c.example")]);
        assert_eq!(node.unwrap().texts, ["end"]);
    }

    #[test]
    fn a_circle_of_aliases_ends() {
        let zones = Zones::new().alias(host("a.example"), host("a.example"));
        let Found::Name { aliases, node } = zones.find("a.example") else {
            panic!("it exists");
        };
        assert_eq!(aliases.len(), LONGEST_ALIAS_CHAIN);
        assert_eq!(node, None);
    }
}
