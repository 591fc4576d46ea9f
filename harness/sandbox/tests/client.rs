//! What the client sees.
#![cfg(target_os = "linux")]

mod common;

use common::{run, stdout};
use modfault_sandbox::{Command, End, Sandbox, SandboxPlan};

#[test]
fn the_client_is_an_ordinary_user_on_a_machine_of_its_own() {
    let sandbox = Sandbox::create(&SandboxPlan::default()).unwrap();
    let command = Command::new(["/usr/bin/id", "-u"]);
    let done = run(&sandbox, &command);
    assert_eq!(done.end, End::Code(0), "{done:?}");
    assert_eq!(stdout(&done), "1000\n");
}
