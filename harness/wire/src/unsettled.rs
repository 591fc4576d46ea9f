//! What other threads may know of the connections whose kernels have still something to do.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use modfault_kit::HostName;

use crate::flow::FlowKey;

/// The TCP connections for which a kernel owes an answer to what the wire delivered, or will send again what the wire lost
/// by chance. Cloning gives another handle.
#[derive(Clone, Debug, Default)]
pub struct Unsettled(Arc<Accounts>);

/// A TCP connection whose packets a fault swallows for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentFlow {
    /// The client's port.
    pub client_port: u16,
    /// The host's address.
    pub host: Ipv4Addr,
    /// The host's port.
    pub host_port: u16,
    /// When the first packet was swallowed, on the world's clock.
    pub since: Duration,
    /// Whether the client had had the answer to its SYN.
    pub established: bool,
}

impl Unsettled {
    /// The number of connections.
    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::Acquire)
    }

    /// How many frames were sent on so far, of whatever kind: it changes while anything passes the wire.
    pub fn carried(&self) -> u64 {
        self.0.carried.load(Ordering::Relaxed)
    }

    /// Counts a frame that is sent on.
    pub(crate) fn carry(&self) {
        self.0.carried.fetch_add(1, Ordering::Relaxed);
    }

    /// What each of them waits for, in words.
    pub fn describe(&self) -> Vec<String> {
        let tables = self.0.tables();
        let lines = tables.iter().filter_map(|(key, table)| {
            let reasons = table.reasons();
            (!reasons.is_empty()).then(|| {
                let (host, port) = (&table.host, key.host_port);
                let client_port = key.client_port;
                format!(
                    "{host}:{port} from port {client_port}: {}",
                    reasons.join(", ")
                )
            })
        });
        lines.collect()
    }

    /// The connections whose packets a fault swallows for ever at this moment, and whose client has not given them up.
    pub fn silent(&self) -> Vec<SilentFlow> {
        let tables = self.0.tables();
        let flows = tables.iter().filter_map(|(key, table)| {
            let since = table.silent_since.load(Ordering::Acquire);
            (since != NEVER).then(|| SilentFlow {
                client_port: key.client_port,
                host: key.host,
                host_port: key.host_port,
                since: Duration::from_nanos(since),
                established: table.established.load(Ordering::Acquire),
            })
        });
        flows.collect()
    }

    /// Opens the account of one connection; an older one of the same ports is not shown any more.
    pub(crate) fn open(&self, key: FlowKey, host: &HostName) -> Account {
        let table = Arc::new(Table {
            host: host.clone(),
            owed: Default::default(),
            lost: Default::default(),
            silent_since: AtomicU64::new(NEVER),
            established: AtomicBool::new(false),
        });
        self.0.tables().insert(key, Arc::clone(&table));
        Account {
            accounts: Arc::clone(&self.0),
            key,
            table,
            counted: false,
        }
    }
}

/// How one connection stands. Of the pairs the first is upstream.
#[derive(Debug)]
pub(crate) struct Reading {
    /// What has been delivered and is not acknowledged, in sequence numbers.
    pub(crate) owed: [u32; 2],
    /// Whether something has to come again.
    pub(crate) lost: [bool; 2],
    pub(crate) silent_since: Option<Duration>,
    pub(crate) established: bool,
}

/// Through which the wire publishes how a connection stands; the connection is forgotten with it.
#[derive(Debug)]
pub(crate) struct Account {
    accounts: Arc<Accounts>,
    key: FlowKey,
    table: Arc<Table>,
    counted: bool,
}

impl Account {
    /// Without a lock: it is called for every packet.
    pub(crate) fn publish(&mut self, reading: &Reading) {
        let table = &self.table;
        for side in 0..2 {
            table.owed[side].store(reading.owed[side], Ordering::Release);
            table.lost[side].store(reading.lost[side], Ordering::Release);
        }
        let since = reading.silent_since.map_or(NEVER, |since| {
            u64::try_from(since.as_nanos()).unwrap_or(NEVER - 1)
        });
        table.silent_since.store(since, Ordering::Release);
        table
            .established
            .store(reading.established, Ordering::Release);
        self.count(reading.owed != [0, 0] || reading.lost != [false, false]);
    }

    fn count(&mut self, unsettled: bool) {
        match (self.counted, unsettled) {
            (false, true) => drop(self.accounts.count.fetch_add(1, Ordering::AcqRel)),
            (true, false) => drop(self.accounts.count.fetch_sub(1, Ordering::AcqRel)),
            (true, true) | (false, false) => {}
        }
        self.counted = unsettled;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.count(false);
        let mut tables = self.accounts.tables();
        // A new connection between the same ports may have taken its place.
        if tables
            .get(&self.key)
            .is_some_and(|table| Arc::ptr_eq(table, &self.table))
        {
            tables.remove(&self.key);
        }
    }
}

/// No instant.
const NEVER: u64 = u64::MAX;

#[derive(Debug, Default)]
struct Accounts {
    /// Frames that were delivered.
    carried: AtomicU64,
    count: AtomicUsize,
    /// Locked when a connection begins or is forgotten, and for those who ask.
    tables: Mutex<BTreeMap<FlowKey, Arc<Table>>>,
}

impl Accounts {
    fn tables(&self) -> MutexGuard<'_, BTreeMap<FlowKey, Arc<Table>>> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Table {
    host: HostName,
    owed: [AtomicU32; 2],
    lost: [AtomicBool; 2],
    silent_since: AtomicU64,
    established: AtomicBool,
}

impl Table {
    fn reasons(&self) -> Vec<String> {
        let established = self.established.load(Ordering::Acquire);
        let mut reasons = Vec::new();
        for (side, receiver, sender) in [(0, "host", "client"), (1, "client", "host")] {
            match self.owed[side].load(Ordering::Acquire) {
                0 => {}
                _ if side == 0 && !established => {
                    reasons.push("the SYN is not answered".to_owned())
                }
                1 => reasons.push(format!("1 byte to the {receiver} not acknowledged")),
                bytes => reasons.push(format!("{bytes} bytes to the {receiver} not acknowledged")),
            }
            if self.lost[side].load(Ordering::Acquire) {
                reasons.push(format!(
                    "what was lost by chance is to come again from the {sender}"
                ));
            }
        }
        reasons
    }
}
