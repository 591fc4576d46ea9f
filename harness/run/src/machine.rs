//! The client machine: what is on its disk beside what the real machine lends it, and its network.

use modfault_kit::Fault;
use modfault_pki::Pki;
use modfault_sandbox::{Bind, BindAccess, Entry, NetworkPlan, Offloads, SandboxPlan};
use modfault_world::{Authority, CLIENT_ADDRESS, GATEWAY_ADDRESS, STUB_RESOLVER_ADDRESS, World};

use crate::component;
use crate::error::RunError;
use crate::internet::authority;
use crate::phase::Options;
use crate::ssh;
use crate::time::KERNEL_PATIENCE;

/// The places where go, git, curl and OpenSSL look for the system's certificates, by distribution.
const TRUST_STORES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// tcpdump gives up root for a user of its own where it may; here that is root again, the only other one there is.
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n\
    tcpdump:x:0:0:tcpdump:/nonexistent:/bin/false\n\
    dev:x:1000:1000:dev:/home/dev:/bin/sh\n\
    nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
const GROUP: &str = "root:x:0:\ndev:x:1000:\nnogroup:x:65534:\n";
const NSSWITCH: &str = "passwd: files\ngroup: files\nhosts: files dns\n";
const HOST_NAME: &str = "client";

/// The sandbox for the client of `world`, whose clock may be its own.
pub(crate) fn plan(
    world: &World,
    pki: &Pki,
    options: &Options,
    own_clock: bool,
) -> Result<SandboxPlan, RunError> {
    let client = &world.client;
    let mut network = NetworkPlan {
        client: CLIENT_ADDRESS,
        gateway: GATEWAY_ADDRESS,
        ..NetworkPlan::default()
    };
    // A window that fits into the wire's queues, so that the kernel never sends again what the wire had no room for.
    network.sysctls.insert(
        "net.ipv4.tcp_rmem".to_owned(),
        "4096 131072 212992".to_owned(),
    );
    network.sysctls.extend(client.sysctls.clone());
    if own_clock {
        let patience = KERNEL_PATIENCE.map(|(name, value)| (name.to_owned(), value.to_owned()));
        network.sysctls.extend(patience);
    }
    // A packet that is held, lost or measured must be one, not forty in one frame.
    if world
        .faults
        .iter()
        .any(|placed| matches!(placed.what, Fault::Net(_)))
    {
        network.offloads = Offloads::Off;
    }
    Ok(SandboxPlan {
        host_name: HOST_NAME.to_owned(),
        toolchain: Some(options.toolchain.clone()),
        without: client.without.clone(),
        entries: entries(world, pki)?,
        binds: binds(world, options),
        small_disks: client.small_disks.clone(),
        read_only: client.read_only.clone(),
        network,
    })
}

/// What the client sees of the real machine: programs, and what somebody lends it.
fn binds(world: &World, options: &Options) -> Vec<Bind> {
    let lent = options.lent.iter().map(|(source, target)| Bind {
        source: source.clone(),
        target: target.clone(),
        access: BindAccess::ReadOnly,
    });
    component::binds(world, options)
        .into_iter()
        .chain(lent)
        .collect()
}

fn entries(world: &World, pki: &Pki) -> Result<Vec<Entry>, RunError> {
    let client = &world.client;
    let mut entries = vec![Entry::directory(client.directory.clone(), 0o755)];
    let mut system =
        |path: &str, text: &str| entries.push(Entry::file(path, text, 0o644).of_root());
    system("/etc/passwd", PASSWD);
    system("/etc/group", GROUP);
    system("/etc/hostname", &format!("{HOST_NAME}\n"));
    system("/etc/hosts", &hosts_file(&client.hosts_file));
    system("/etc/resolv.conf", &resolv_conf(world));
    system(
        "/etc/nsswitch.conf",
        client.nsswitch_conf.as_deref().unwrap_or(NSSWITCH),
    );
    let trusted = trust_store(&client.trust, pki)?;
    for path in TRUST_STORES {
        system(path, &trusted);
    }
    // What a remedy can point at or install.
    for (name, of) in [
        ("public", Authority::Public),
        ("corporate", Authority::Corporate),
    ] {
        system(
            &format!("/usr/local/share/ca-certificates/{name}-root.crt"),
            &pki.root_pem(authority(of))?,
        );
        // Who checks for revocation brings the list along.
        system(
            &format!("/usr/local/share/ca-certificates/{name}.crl"),
            &pki.revocation_lists(authority(of))?,
        );
    }
    // What is mounted read-only is made where no file lies in it.
    let is_file = |path: &String| client.files.contains_key(path);
    for path in client.read_only.iter().filter(|path| !is_file(path)) {
        entries.push(Entry::directory(path.clone(), 0o755));
    }
    entries.extend(ssh::files(world)?);
    entries.extend(component::entries(world, pki)?);
    for (path, content) in &client.files {
        entries.push(Entry::file(
            path.clone(),
            content.text.clone(),
            content.mode,
        ));
    }
    Ok(entries)
}

fn hosts_file(lines: &[String]) -> String {
    let mut text = format!("127.0.0.1 localhost\n{CLIENT_ADDRESS} {HOST_NAME}\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn resolv_conf(world: &World) -> String {
    world.client.resolv_conf.clone().unwrap_or_else(|| {
        if world.client.stub_resolver.is_some() {
            // As systemd-resolved writes it.
            return format!("nameserver {STUB_RESOLVER_ADDRESS}\noptions edns0 trust-ad\n");
        }
        let address = world
            .hosts
            .get(&world.resolver)
            .map_or(modfault_world::RESOLVER_ADDRESS, |host| host.address);
        format!("nameserver {address}\n")
    })
}

fn trust_store(trust: &[Authority], pki: &Pki) -> Result<String, RunError> {
    let mut store = String::new();
    for of in trust {
        store.push_str(&pki.root_pem(authority(*of))?);
    }
    Ok(store)
}
