//! How long a sandbox takes to make and to end: `cargo run --release -p modfault-sandbox --example up_and_down -- 200`.

#[cfg(target_os = "linux")]
#[expect(clippy::print_stdout, reason = "a measurement is for a person to read")]
fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use std::time::Instant;

    use modfault_sandbox::{Command, Sandbox, SandboxPlan};

    let rounds = std::env::args()
        .nth(1)
        .map_or(Ok(100), |text| text.parse())?;
    let jobs = std::env::args().nth(2).map_or(Ok(1), |text| text.parse())?;
    let one = || {
        let plan = SandboxPlan::default();
        let start = Instant::now();
        let sandbox = Sandbox::create(&plan)?;
        let made = start.elapsed();
        let start = Instant::now();
        sandbox.spawn(&Command::new(["/bin/true"]))?.wait()?;
        let ran = start.elapsed();
        let start = Instant::now();
        sandbox.destroy();
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>([made, ran, start.elapsed()])
    };
    let mut times = std::thread::scope(|scope| {
        let jobs: Vec<_> = (0..jobs)
            .map(|_| scope.spawn(|| (0..rounds).map(|_| one()).collect::<Result<Vec<_>, _>>()))
            .collect();
        let mut times = Vec::new();
        for job in jobs {
            match job.join() {
                Ok(some) => times.extend(some?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(times)
    })?;
    for (index, name) in ["make", "run /bin/true", "end"].into_iter().enumerate() {
        times.sort_by_key(|time| time[index]);
        let [p50, p95] = [50, 95].map(|percent| times[(times.len() - 1) * percent / 100][index]);
        println!("{name:14} p50 {p50:9.2?}  p95 {p95:9.2?}");
    }
    times.sort_by_key(|time| time[0] + time[2]);
    let p50 = times[times.len() / 2];
    println!("make and end   p50 {:9.2?}", p50[0] + p50[2]);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
