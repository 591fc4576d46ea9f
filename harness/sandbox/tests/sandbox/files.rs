//! The client's files from outside.

use std::io::ErrorKind;

use crate::common::{run, script, stdout};
use modfault_sandbox::{Entry, Sandbox, SandboxPlan};

#[test]
fn what_is_written_from_outside_belongs_to_the_client() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let files = sandbox.files();
    files.write("/home/dev/new/deep/file", b"first").unwrap();
    files
        .write("/home/dev/new/deep/file", b"0123456789")
        .unwrap();
    files
        .overwrite_at("/home/dev/new/deep/file", -2, b"XY")
        .unwrap();
    files
        .overwrite_at("/home/dev/new/deep/file", 1, b"A")
        .unwrap();
    assert_eq!(
        files.read("/home/dev/new/deep/file").unwrap(),
        b"0A234567XY"
    );
    files.truncate("/home/dev/new/deep/file", 3).unwrap();
    let done = run(
        &sandbox,
        &script(
            "cat new/deep/file; stat -c ' %a %u' new/deep new/deep/file; echo more >> new/deep/file",
        ),
    );
    assert_eq!(stdout(&done), "0A2 755 1000\n 644 1000\n");
    assert_eq!(files.list("/home/dev").unwrap(), ["new"]);
    assert!(files.exists("/home/dev/new") && !files.exists("/home/dev/old"));
    assert_eq!(
        files.read("/nowhere").unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn permission_bits_do_not_hinder_from_outside_and_stay() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let files = sandbox.files();
    let made = run(
        &sandbox,
        &script(
            "mkdir -p cache/a/b; echo x > cache/a/b/f; ln -s /etc cache/link; chmod 0444 cache/a/b/f; chmod 0555 cache/a/b cache/a",
        ),
    );
    assert_eq!(made.stderr, b"");
    files.write("/home/dev/cache/a/b/f", b"changed").unwrap();
    files.write("/home/dev/cache/a/new", b"new").unwrap();
    assert_eq!(files.mode("/home/dev/cache/a/b/f").unwrap(), 0o444);
    assert_eq!(files.mode("/home/dev/cache/a").unwrap(), 0o555);
    files.chmod("/home/dev/cache/a/b/f", 0).unwrap();
    assert_eq!(files.read("/home/dev/cache/a/b/f").unwrap(), b"changed");
    files.remove_all("/home/dev/cache").unwrap();
    assert_eq!(files.list("/home/dev").unwrap(), Vec::<String>::new());
    assert!(files.exists("/etc"));
    assert_eq!(
        files.remove_all("/home/dev/cache").unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_link_of_the_clients_leads_nowhere_outside() {
    let real = tempfile::tempdir().unwrap();
    let secret = real.path().join("secret");
    std::fs::write(&secret, "real").unwrap();
    let plan = SandboxPlan {
        entries: vec![
            Entry::link("/home/dev/absolute", secret.to_str().unwrap()),
            Entry::link(
                "/home/dev/upwards",
                format!("../../../../../..{}", secret.display()),
            ),
        ],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    for link in ["/home/dev/absolute", "/home/dev/upwards"] {
        assert_eq!(
            sandbox.files().read(link).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
    assert!(sandbox.files().read("/proc/1/root/etc").is_err());
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "real");
}

#[test]
fn a_read_only_mount_hinders_from_outside_too() {
    let plan = SandboxPlan {
        entries: vec![Entry::file("/home/dev/frozen/file", "kept", 0o644)],
        read_only: vec!["/home/dev/frozen".to_owned()],
        ..SandboxPlan::default()
    };
    let sandbox = Sandbox::create(&plan).unwrap();
    let error = sandbox
        .files()
        .write("/home/dev/frozen/file", b"x")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnlyFilesystem);
}
