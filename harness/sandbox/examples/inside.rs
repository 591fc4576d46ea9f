//! Runs a shell script in an otherwise empty sandbox, to look around:
//! `cargo run -p modfault-sandbox --example inside -- 'ls -l /'`.
//!
//! With `root` as a second argument the script runs as the sandbox's root. The wire is a plain cable.

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::path::PathBuf;
    use std::thread;

    use modfault_sandbox::{Command, Output, Sandbox, SandboxPlan, TOOLCHAIN, User};

    let mut arguments = std::env::args().skip(1);
    let text = arguments.next().unwrap_or_else(|| "id; ls -l /".to_owned());
    let user = match arguments.next().as_deref() {
        Some("root") => User::Root,
        _ => User::Client,
    };
    let mut sandbox = Sandbox::create(&SandboxPlan {
        toolchain: Some(PathBuf::from(TOOLCHAIN)).filter(|path| path.exists()),
        ..SandboxPlan::default()
    })?;
    // The wire's threads end with the process.
    if let Some(wire) = sandbox.take_wire() {
        let client = File::from(wire.client);
        let internet = File::from(wire.internet);
        for (from, to) in [
            (client.try_clone()?, internet.try_clone()?),
            (internet, client),
        ] {
            let mut ends = (from, to);
            thread::Builder::new().spawn(move || {
                let mut frame = vec![0; 70_000];
                loop {
                    match ends.0.read(&mut frame) {
                        Ok(length) => ends.1.write_all(&frame[..length]).unwrap_or_default(),
                        Err(_) => thread::yield_now(),
                    }
                }
            })?;
        }
    }
    let mut command = Command::new(["/bin/sh", "-c", &text])
        .env(
            "PATH",
            format!("{TOOLCHAIN}/bin:/usr/bin:/bin:/usr/sbin:/sbin"),
        )
        .env("HOME", "/home/dev")
        .user(user);
    command.output = Output::Terminal {
        columns: 120,
        rows: 40,
    };
    let mut process = sandbox.spawn(&command)?;
    let mut terminal = process.stdout.take().map(File::from);
    let mut bytes = [0; 4096];
    let exit = loop {
        let ended = process.try_wait()?;
        while let Some(Ok(length @ 1..)) =
            terminal.as_mut().map(|terminal| terminal.read(&mut bytes))
        {
            std::io::stdout().write_all(&bytes[..length])?;
        }
        match ended {
            Some(exit) => break exit,
            None => thread::yield_now(),
        }
    };
    writeln!(std::io::stderr(), "{exit:?}")?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
