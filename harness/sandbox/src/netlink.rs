//! rtnetlink messages as bytes (rtnetlink(7)), written before there is a network to send them to.

use std::net::Ipv4Addr;
use std::os::fd::RawFd;

const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_ACK: u16 = 0x4;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;
const RTM_NEWNEIGH: u16 = 28;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_NUM_TX_QUEUES: u16 = 31;
const IFLA_NUM_RX_QUEUES: u16 = 32;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;

const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_PERMANENT: u16 = 0x80;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
const RTA_METRICS: u16 = 8;
const RTAX_QUICKACK: u16 = 15;

const RT_TABLE_MAIN: u8 = 254;
const RT_TABLE_LOCAL: u8 = 255;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_UNIVERSE: u8 = 0;
const RT_SCOPE_LINK: u8 = 253;
const RT_SCOPE_HOST: u8 = 254;
const RTN_UNICAST: u8 = 1;
const RTN_LOCAL: u8 = 2;
const RTNH_F_ONLINK: u32 = 4;

/// The interface index of `lo`, the same in every network namespace.
pub(crate) const LOOPBACK: u32 = 1;

/// One end of a link.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkEnd<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its interface index.
    pub(crate) index: u32,
    /// Its Ethernet address.
    pub(crate) mac: [u8; 6],
}

/// Where a route leads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// The addresses belong to this machine.
    Local,
    /// They are next to this interface.
    Link(u32),
    /// They are behind this router, which is next to this interface whatever its address.
    Via(Ipv4Addr, u32),
}

/// Messages that go out together; the last one asks for an acknowledgement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    last: usize,
    count: u32,
}

impl Batch {
    /// The bytes to send, and the sequence number that the acknowledgement carries.
    pub(crate) fn finish(mut self) -> (Vec<u8>, u32) {
        if let Some([one, other]) = self.bytes.get_mut(self.last + 6..self.last + 8) {
            let flags = u16::from_ne_bytes([*one, *other]) | NLM_F_ACK;
            [*one, *other] = flags.to_ne_bytes();
        }
        (self.bytes, self.count)
    }

    /// A veth pair: `near` here and up, `far`, still down, in the namespace that `namespace` will be a descriptor of.
    pub(crate) fn veth(&mut self, near: LinkEnd<'_>, far: LinkEnd<'_>, namespace: RawFd) {
        self.message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, |out| {
            link_end(out, near, IFF_UP);
            nested(out, IFLA_LINKINFO, |out| {
                attribute(out, IFLA_INFO_KIND, b"veth");
                nested(out, IFLA_INFO_DATA, |out| {
                    nested(out, VETH_INFO_PEER, |out| {
                        // Before it has its peer, a veth refuses to come up.
                        link_end(out, far, 0);
                        attribute(out, IFLA_NET_NS_FD, &namespace.to_ne_bytes());
                    });
                });
            });
        });
    }

    /// Brings an interface up.
    pub(crate) fn up(&mut self, interface: u32) {
        self.message(RTM_NEWLINK, 0, |out| {
            link_header(out, interface, IFF_UP);
        });
    }

    /// Gives an interface an address without a subnet.
    pub(crate) fn address(&mut self, interface: u32, address: Ipv4Addr) {
        self.message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, |out| {
            out.extend([libc::AF_INET as u8, 32, 0, RT_SCOPE_UNIVERSE]);
            out.extend(interface.to_ne_bytes());
            attribute(out, IFA_LOCAL, &address.octets());
            attribute(out, IFA_ADDRESS, &address.octets());
        });
    }

    /// Says for good which Ethernet address an IPv4 address next to an interface has.
    pub(crate) fn neighbour(&mut self, interface: u32, address: Ipv4Addr, mac: [u8; 6]) {
        self.message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, |out| {
            out.extend([libc::AF_INET as u8, 0, 0, 0]);
            out.extend(interface.to_ne_bytes());
            out.extend(NUD_PERMANENT.to_ne_bytes());
            out.extend([0, 0]);
            attribute(out, NDA_DST, &address.octets());
            attribute(out, NDA_LLADDR, &mac);
        });
    }

    /// A route to the addresses that share the first `length` bits of `prefix`. What comes from there over TCP is acknowledged at once:
    /// the kernel's timer for a late acknowledgement runs on real time, 40 ms and more (ip-route(8), `quickack`).
    pub(crate) fn route(&mut self, prefix: Ipv4Addr, length: u8, to: Route) {
        let (table, scope, kind, flags) = match to {
            Route::Local => (RT_TABLE_LOCAL, RT_SCOPE_HOST, RTN_LOCAL, 0),
            Route::Link(_) => (RT_TABLE_MAIN, RT_SCOPE_LINK, RTN_UNICAST, 0),
            Route::Via(..) => (RT_TABLE_MAIN, RT_SCOPE_UNIVERSE, RTN_UNICAST, RTNH_F_ONLINK),
        };
        self.message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, |out| {
            out.extend([libc::AF_INET as u8, length, 0, 0]);
            out.extend([table, RTPROT_STATIC, scope, kind]);
            out.extend(u32::to_ne_bytes(flags));
            if length > 0 {
                attribute(out, RTA_DST, &prefix.octets());
            }
            let interface = match to {
                Route::Local => LOOPBACK,
                Route::Link(interface) => interface,
                Route::Via(router, interface) => {
                    attribute(out, RTA_GATEWAY, &router.octets());
                    interface
                }
            };
            attribute(out, RTA_OIF, &interface.to_ne_bytes());
            nested(out, RTA_METRICS, |out| {
                attribute(out, RTAX_QUICKACK, &1_u32.to_ne_bytes());
            });
        });
    }

    fn message(&mut self, kind: u16, flags: u16, body: impl FnOnce(&mut Vec<u8>)) {
        self.last = self.bytes.len();
        self.count += 1;
        self.bytes.extend([0; 4]);
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend((NLM_F_REQUEST | flags).to_ne_bytes());
        self.bytes.extend(self.count.to_ne_bytes());
        self.bytes.extend([0; 4]);
        body(&mut self.bytes);
        let length = (self.bytes.len() - self.last) as u32;
        self.bytes[self.last..self.last + 4].copy_from_slice(&length.to_ne_bytes());
    }
}

const IFF_UP: u32 = 1;

fn link_header(out: &mut Vec<u8>, interface: u32, flags: u32) {
    out.extend([0; 4]);
    out.extend(interface.to_ne_bytes());
    out.extend(flags.to_ne_bytes());
    out.extend(flags.to_ne_bytes());
}

fn link_end(out: &mut Vec<u8>, end: LinkEnd<'_>, flags: u32) {
    link_header(out, end.index, flags);
    let mut name = end.name.as_bytes().to_vec();
    name.push(0);
    attribute(out, IFLA_IFNAME, &name);
    attribute(out, IFLA_ADDRESS, &end.mac);
    // One queue keeps packets in order and costs less than one for each CPU.
    attribute(out, IFLA_NUM_TX_QUEUES, &1_u32.to_ne_bytes());
    attribute(out, IFLA_NUM_RX_QUEUES, &1_u32.to_ne_bytes());
}

fn attribute(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    nested(out, kind, |out| out.extend(value));
}

fn nested(out: &mut Vec<u8>, kind: u16, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 2]);
    out.extend(kind.to_ne_bytes());
    body(out);
    let length = (out.len() - start) as u16;
    out[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_acknowledged_once_and_its_lengths_add_up() {
        let mut batch = Batch::default();
        batch.up(LOOPBACK);
        batch.address(2, Ipv4Addr::new(198, 51, 100, 2));
        batch.route(
            Ipv4Addr::UNSPECIFIED,
            0,
            Route::Via(Ipv4Addr::new(198, 51, 100, 1), 2),
        );
        let (bytes, sequence) = batch.finish();
        assert_eq!(sequence, 3);
        let mut rest = bytes.as_slice();
        let mut acknowledged = Vec::new();
        while !rest.is_empty() {
            let length = u32::from_ne_bytes(rest[..4].try_into().unwrap()) as usize;
            let flags = u16::from_ne_bytes(rest[6..8].try_into().unwrap());
            assert_eq!(length % 4, 0);
            acknowledged.push(flags & NLM_F_ACK != 0);
            rest = &rest[length..];
        }
        assert_eq!(acknowledged, [false, false, true]);
    }
}
