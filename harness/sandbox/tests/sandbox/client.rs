//! What the client is and sees.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::common::{run, script, stderr, stdout};
use modfault_sandbox::{
    Bind, BindAccess, Command, End, Entry, Sandbox, SandboxPlan, TOOLCHAIN, User,
};

#[test]
fn the_client_is_uid_1000_without_privileges() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let done = run(
        &sandbox,
        &script(
            "id -u; id -g; grep -E 'CapEff|CapBnd|NoNewPrivs' /proc/self/status; cat /proc/sys/kernel/hostname; pwd",
        ),
    );
    assert_eq!(done.end, End::Code(0), "{done:?}");
    let lines: Vec<_> = stdout(&done).lines().collect();
    assert_eq!(lines[..3], ["1000", "1000", "CapEff:\t0000000000000000"]);
    assert_eq!(lines[4..], ["NoNewPrivs:\t1", "desk", "/home/dev"]);
}

#[test]
fn the_client_cannot_gain_capabilities_through_a_namespace() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let limit = "/proc/sys/user/max_user_namespaces";
    let done = run(&sandbox, &script(&format!("cat {limit}; echo 1 > {limit}")));
    assert_eq!(stdout(&done), "0\n");
    assert_ne!(done.end, End::Code(0));
}

#[test]
fn the_environment_is_what_was_given_and_nothing_else() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let done = run(&sandbox, &Command::new(["/usr/bin/env"]));
    assert_eq!((done.end, stdout(&done)), (End::Code(0), ""));
    let done = run(
        &sandbox,
        &Command::new(["/usr/bin/env"]).env("GOFLAGS", "-x"),
    );
    assert_eq!(stdout(&done), "GOFLAGS=-x\n");
}

#[test]
fn nothing_of_the_real_machine_shows_but_its_programs() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let done = run(
        &sandbox,
        &script("ls /; ls -A /home /home/dev /tmp /root /etc"),
    );
    let expected = [
        "dev", "etc", "home", "proc", "run", "sys", "tmp", "usr", "var",
    ];
    let lines: Vec<_> = stdout(&done).lines().collect();
    for name in expected {
        assert!(lines.contains(&name), "{name} in {lines:?}");
    }
    assert!(stderr(&done).contains("/root"), "{done:?}");
    assert!(!lines.contains(&"passwd"), "{lines:?}");
    let done = run(
        &sandbox,
        &script("cat /proc/1/cmdline | tr '\\0' ' '; cat /proc/1/comm; cat /proc/1/environ"),
    );
    assert!(stdout(&done).starts_with("init "), "{done:?}");
    assert!(stdout(&done).ends_with("init\n"), "{done:?}");
}

#[test]
fn not_even_root_reads_the_memory_or_environment_of_init() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let done = run(
        &sandbox,
        &script("cat /proc/1/environ /proc/1/mem").user(User::Root),
    );
    assert_eq!((done.end, stdout(&done)), (End::Code(1), ""), "{done:?}");
}

#[test]
fn files_are_there_with_their_bits_and_root_files_cannot_be_changed() {
    let plan = SandboxPlan {
        entries: vec![
            Entry::file("/etc/hosts", "127.0.0.1 localhost\n", 0o644).of_root(),
            Entry::file("/etc/shadow", "secret", 0o600).of_root(),
            Entry::file("/home/dev/app/go.mod", "module app\n", 0o644),
            Entry::directory("/home/dev/closed", 0o555),
            Entry::link("/home/dev/link", "app/go.mod"),
        ],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    let done = run(
        &sandbox,
        &script(
            "cat /etc/hosts link; stat -c '%a %u %g' app app/go.mod closed /etc /tmp; echo x >> app/go.mod",
        ),
    );
    assert_eq!(
        stdout(&done),
        "127.0.0.1 localhost\nmodule app\n755 1000 1000\n644 1000 1000\n555 1000 1000\n555 1000 1000\n1777 1000 1000\n"
    );
    assert_eq!(done.end, End::Code(0), "{done:?}");
    for denied in [
        "echo x >> /etc/hosts",
        "cat /etc/shadow",
        "touch /etc/new",
        "touch closed/x",
        "touch /x",
        "rm /etc/hosts",
    ] {
        let done = run(&sandbox, &script(denied));
        assert_ne!(done.end, End::Code(0), "{denied}");
        assert!(
            stderr(&done).contains("Permission denied"),
            "{denied}: {done:?}"
        );
    }
    let done = run(
        &sandbox,
        &script("echo x >> /etc/hosts && cat /etc/shadow").user(User::Root),
    );
    assert_eq!(
        (done.end, stdout(&done)),
        (End::Code(0), "secret"),
        "{done:?}"
    );
}

#[test]
fn a_small_disk_runs_full_and_a_frozen_directory_is_read_only() {
    let plan = SandboxPlan {
        small_disks: [("/home/dev/go/pkg/mod".to_owned(), 64 << 10)].into(),
        entries: vec![Entry::file("/home/dev/frozen/file", "kept", 0o644)],
        read_only: vec!["/home/dev/frozen".to_owned()],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    let done = run(
        &sandbox,
        &script("head -c 100000 /dev/zero > go/pkg/mod/big"),
    );
    assert!(
        stderr(&done).contains("No space left on device"),
        "{done:?}"
    );
    let done = run(&sandbox, &script("cat frozen/file; touch frozen/file"));
    assert_eq!(stdout(&done), "kept");
    assert!(stderr(&done).contains("Read-only file system"), "{done:?}");
}

#[test]
fn a_bound_directory_shows_the_real_one() {
    let real = tempfile::tempdir().unwrap();
    std::fs::write(real.path().join("file"), "real").unwrap();
    let bind = |target: &str, access| Bind {
        source: real.path().to_owned(),
        target: target.to_owned(),
        access,
    };
    let plan = SandboxPlan {
        binds: vec![
            bind("/mnt/real", BindAccess::ReadOnly),
            bind("/mnt/open", BindAccess::ReadWrite),
        ],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    let done = run(
        &sandbox,
        &script("cat /mnt/real/file; touch /mnt/real/new").user(User::Root),
    );
    assert_eq!(stdout(&done), "real");
    assert!(stderr(&done).contains("Read-only file system"), "{done:?}");
    let done = run(
        &sandbox,
        &script("echo new > /mnt/open/new").user(User::Root),
    );
    assert_eq!(done.end, End::Code(0), "{done:?}");
    assert_eq!(
        std::fs::read_to_string(real.path().join("new")).unwrap(),
        "new\n"
    );
}

#[test]
fn a_program_the_client_is_without_is_not_found() {
    let plan = SandboxPlan {
        without: vec!["id".to_owned(), "no-such-program".to_owned()],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    assert_eq!(
        run(&sandbox, &Command::new(["id"]).env("PATH", "/usr/bin:/bin")).end,
        End::NotFound
    );
    let done = run(&sandbox, &script("ls /usr/bin/id; ls /bin/env; id"));
    assert_eq!(done.end, End::Code(127), "{done:?}");
    assert_eq!(stdout(&done), "/bin/env\n");
}

#[test]
fn a_toolchain_below_a_home_that_only_its_owner_enters_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let toolchain = home.path().join("sdk/go");
    let program = toolchain.join("bin/go");
    std::fs::create_dir_all(toolchain.join("bin")).unwrap();
    std::fs::write(&program, "#!/bin/sh\necho \"$0 $1\"\n").unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    // The root of the real machine can give the home to somebody whom the sandbox does not know.
    let _ordinary = std::os::unix::fs::chown(home.path(), Some(4321), Some(4321));
    std::fs::set_permissions(home.path(), PermissionsExt::from_mode(0o700)).unwrap();
    let plan = SandboxPlan {
        toolchain: Some(toolchain),
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    let command = Command::new(["go", "version"]);
    let done = run(
        &sandbox,
        &command.env("PATH", format!("{TOOLCHAIN}/bin:/usr/bin:/bin")),
    );
    assert_eq!(stdout(&done), "/usr/local/go/bin/go version\n", "{done:?}");
    let done = run(&sandbox, &script("touch /usr/local/go/x").user(User::Root));
    assert!(stderr(&done).contains("Read-only file system"), "{done:?}");
}

#[test]
fn a_missing_toolchain_is_an_error_that_names_it() {
    let plan = SandboxPlan {
        toolchain: Some(PathBuf::from("/no/such/go")),
        ..SandboxPlan::default()
    };
    let error = Sandbox::create(&plan).unwrap_err();
    assert_eq!(error.to_string(), "bind `/no/such/go`");
}

#[test]
fn a_machine_that_allows_it_all_has_no_limits() {
    assert_eq!(modfault_sandbox::preflight::probe(), []);
}
