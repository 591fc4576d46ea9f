//! How fast the wire is between two real network namespaces: one stream, and one round trip.
//!
//! The wire and the host share one thread, as in a world. `cargo bench -p modfault-wire`; round trips need `ping`.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::Read;
    use std::net::{Ipv4Addr, SocketAddrV4};
    use std::path::Path;
    use std::time::{Duration, Instant};

    use modfault_kit::{Armed, Clock, Context, HostName, Recorder, Seed};
    use modfault_sandbox::{Command, Place, Process, Sandbox, SandboxPlan, User};
    use modfault_wire::{AddressMap, WireEnds};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;
    use tokio_util::sync::CancellationToken;

    const HOST: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 10);
    const STREAM: usize = 1_000_000_000;

    pub(super) async fn measure() -> std::io::Result<()> {
        let mut plan = SandboxPlan::default();
        // A window that the wire's sockets hold whole: nothing is lost between the two links.
        let window = ("net.ipv4.tcp_rmem", "4096 131072 212992");
        plan.network
            .sysctls
            .insert(window.0.to_owned(), window.1.to_owned());
        let mut sandbox = Sandbox::create(&plan).map_err(std::io::Error::other)?;
        let clock = Clock::real();
        let (recorder, _timeline) = Recorder::new(clock.clone());
        let name = HostName::parse("proxy.example").map_err(std::io::Error::other)?;
        let context = Context {
            clock: clock.clone(),
            recorder: recorder.clone(),
            armed: Armed::new(Vec::new(), Seed(1), clock, recorder),
        };
        let map = AddressMap {
            overloaded: Default::default(),
            untold: Default::default(),
            client: Ipv4Addr::new(198, 51, 100, 2),
            gateway: Ipv4Addr::new(198, 51, 100, 1),
            hosts: [(HOST, name)].into(),
        };
        let ends = sandbox.take_wire().expect("it was not taken yet");
        let ends = WireEnds {
            client: ends.client,
            internet: ends.internet,
        };
        let listener = sandbox.bind_tcp(SocketAddrV4::new(HOST, 80))?;
        let listener = TcpListener::from_std(listener)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            modfault_wire::run(ends, map, context, CancellationToken::new())
                .await
                .map(drop)
        });

        let mut download = Command::new([
            "/bin/bash",
            "-c",
            "exec 3<>/dev/tcp/203.0.113.10/80; exec cat <&3 >/dev/null",
        ]);
        download.user = User::Client;
        let process = sandbox.spawn(&download)?;
        let (mut socket, _) = listener.accept().await?;
        let chunk = vec![0; 256 * 1024];
        let begun = Instant::now();
        let mut left = STREAM;
        while left > 0 {
            left -= socket.write(&chunk[..left.min(chunk.len())]).await?;
        }
        drop(socket);
        output(process).await?;
        let rate = STREAM as f64 / begun.elapsed().as_secs_f64() / 1e6;
        println!("one stream: {rate:.0} MB/s");
        let mut counters = Command::new(["/bin/cat", "/proc/net/snmp"]);
        counters.place = Place::Internet;
        let counters = output(sandbox.spawn(&counters)?).await?;
        let tcp: Vec<&str> = counters
            .lines()
            .filter(|line| line.starts_with("Tcp:"))
            .collect();
        if let [names, values] = tcp[..] {
            let mut counted = names.split(' ').zip(values.split(' '));
            let again = counted.find(|(name, _)| *name == "RetransSegs");
            println!(
                "segments sent again: {}",
                again.map_or("?", |(_, count)| count)
            );
        }

        if Path::new("/usr/bin/ping").exists() {
            let mut ping = Command::new(["/usr/bin/ping", "-n", "-i", "0.002", "-c", "500"]);
            ping.argv.push(HOST.to_string());
            ping.user = User::Root;
            let printed = output(sandbox.spawn(&ping)?).await?;
            let mut times: Vec<f64> = printed
                .lines()
                .filter_map(|line| line.split_once("time=")?.1.split(' ').next()?.parse().ok())
                .collect();
            times.sort_by(f64::total_cmp);
            let at = |part: usize| times.get(times.len() * part / 100).copied();
            println!(
                "round trip in ms: p50 {:?}, p99 {:?} of {}",
                at(50),
                at(99),
                times.len()
            );
        }
        Ok(())
    }

    /// What the process prints until it ends.
    async fn output(mut process: Process) -> std::io::Result<String> {
        let mut waiting = JoinSet::new();
        waiting.spawn_blocking(move || {
            let stdout = process.stdout.take();
            process.wait()?;
            let mut printed = String::new();
            if let Some(stdout) = stdout {
                File::from(stdout).read_to_string(&mut printed)?;
            }
            Ok(printed)
        });
        let ended = tokio::time::timeout(Duration::from_secs(60), waiting.join_next()).await?;
        ended
            .expect("it was spawned")
            .map_err(std::io::Error::other)?
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(linux::measure())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("left out: there is no wire without Linux");
}
