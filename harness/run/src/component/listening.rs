//! Whether a program listens, by what its kernel says of the sockets of its network (proc_pid_net(5)).

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use modfault_world::{CLIENT_ADDRESS, ComponentPlan};

/// What a program is to open.
pub(super) struct Doors {
    address: Ipv4Addr,
    tcp: Vec<u16>,
    udp: Vec<u16>,
    unix: Vec<String>,
}

/// `TCP_LISTEN`, and for a datagram socket that is bound `TCP_CLOSE` (include/net/tcp_states.h), as the tables write them.
const LISTENS: &str = "0A";
const IS_BOUND: &str = "07";

/// `__SO_ACCEPTCON` (include/uapi/linux/net.h), as the table of unix sockets writes it.
const ACCEPTS: &str = "00010000";

impl Doors {
    pub(super) fn of(plan: &ComponentPlan) -> Self {
        Self {
            address: plan.address,
            tcp: plan.listen.clone(),
            udp: plan.listen_udp.clone(),
            unix: plan.listen_unix.clone(),
        }
    }

    /// The first that is not open in the network of the process `pid`, in words; `None` when all are.
    pub(super) fn closed(&self, pid: i32) -> Option<String> {
        let table = |name: &str| fs::read_to_string(format!("/proc/{pid}/net/{name}"));
        // What cannot be read, because the process is gone, is not open.
        let table = |name: &str| table(name).unwrap_or_default();
        if !self.tcp.is_empty() {
            let open = [table("tcp"), table("tcp6")];
            if let Some(port) = self.first_closed(&self.tcp, &open, LISTENS) {
                return Some(format!("TCP port {port}"));
            }
        }
        if !self.udp.is_empty() {
            let open = [table("udp"), table("udp6")];
            if let Some(port) = self.first_closed(&self.udp, &open, IS_BOUND) {
                return Some(format!("UDP port {port}"));
            }
        }
        if !self.unix.is_empty() {
            let open = table("unix");
            return self.unix.iter().find(|path| !accepts(&open, path)).cloned();
        }
        None
    }

    fn first_closed(&self, ports: &[u16], tables: &[String], state: &str) -> Option<u16> {
        let open: Vec<u16> = tables
            .iter()
            .flat_map(|table| sockets(table, state))
            .filter(|(address, _)| self.is_own(*address))
            .map(|(_, port)| port)
            .collect();
        ports.iter().copied().find(|port| !open.contains(port))
    }

    /// Whether what listens there is reached at the program's address. On the client that may be its loopback.
    fn is_own(&self, address: Ipv4Addr) -> bool {
        address == self.address
            || address.is_unspecified()
            || (self.address == CLIENT_ADDRESS && address.is_loopback())
    }
}

/// The local addresses of the sockets in `state`; an IPv6 one as far as it is reached over IPv4.
fn sockets<'a>(table: &'a str, state: &'a str) -> impl Iterator<Item = (Ipv4Addr, u16)> + 'a {
    table.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (address, port) = fields.next()?.split_once(':')?;
        let of_socket = fields.nth(1)?;
        let port = u16::from_str_radix(port, 16).ok()?;
        (of_socket == state).then_some((self::address(address)?, port))
    })
}

/// An address as the kernel prints it: words in the order of the machine.
fn address(digits: &str) -> Option<Ipv4Addr> {
    let words: Option<Vec<[u8; 4]>> = (0..digits.len())
        .step_by(8)
        .map(|at| {
            let word = u32::from_str_radix(digits.get(at..at + 8)?, 16).ok()?;
            Some(word.to_ne_bytes())
        })
        .collect();
    match words?.as_slice() {
        [word] => Some(Ipv4Addr::from(*word)),
        words @ [_, _, _, _] => {
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            let address = Ipv6Addr::from(bytes);
            match address.is_unspecified() {
                true => Some(Ipv4Addr::UNSPECIFIED),
                false => address.to_ipv4_mapped(),
            }
        }
        _ => None,
    }
}

/// Whether somebody accepts connections at the path.
fn accepts(table: &str, path: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let mut fields = line.split_ascii_whitespace().skip(3);
        fields.next() == Some(ACCEPTS) && fields.nth(3) == Some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue\n   \
        0: 0A7100CB:01BB 00000000:0000 0A 00000000:00000000\n   \
        1: 00000000:0050 00000000:0000 0A 00000000:00000000\n   \
        2: 0B7100CB:0C38 00000000:0000 0A 00000000:00000000\n   \
        3: 0A7100CB:1F90 026433C6:8001 01 00000000:00000000\n";
    const TCP6: &str = "  sl  local_address remote_address st\n   \
        0: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A 0\n   \
        1: 0000000000000000FFFF00000A7100CB:0BB9 00000000000000000000000000000000:0000 0A 0\n";
    const UNIX: &str = "Num       RefCount Protocol Flags    Type St Inode Path\n\
        0000: 00000002 00000000 00010000 0001 01 17 /run/nscd/socket\n\
        0000: 00000003 00000000 00000000 0001 03 18 /run/other\n";

    fn doors(tcp: &[u16]) -> Doors {
        Doors {
            address: Ipv4Addr::new(203, 0, 113, 10),
            tcp: tcp.to_vec(),
            udp: Vec::new(),
            unix: Vec::new(),
        }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_port_is_open_where_its_own_address_or_every_address_listens() {
        let tables = [TCP.to_owned(), TCP6.to_owned()];
        let all = [443, 80, 3000, 3001];
        let doors = doors(&all);
        assert_eq!(doors.first_closed(&all, &tables, LISTENS), None);
        // another host's, and a connection that stands
        for port in [3128, 8080, 22] {
            let closed = doors.first_closed(&[443, port], &tables, LISTENS);
            assert_eq!(closed, Some(port));
        }
    }

    #[test]
    fn a_unix_socket_is_open_where_somebody_accepts() {
        assert!(accepts(UNIX, "/run/nscd/socket"));
        assert!(!accepts(UNIX, "/run/other"));
        assert!(!accepts(UNIX, "/run/nscd"));
    }

    #[test]
    fn nothing_is_open_where_there_is_no_process() {
        assert_eq!(doors(&[443]).closed(0).as_deref(), Some("TCP port 443"));
        assert_eq!(doors(&[]).closed(0), None);
    }
}
