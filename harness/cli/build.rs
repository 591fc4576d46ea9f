//! The scenarios and snapshots are compiled in: when one changes, the program does.

fn main() {
    for directory in ["../../scenarios", "../../snapshots"] {
        #[expect(clippy::print_stdout, reason = "this is how a build script answers")]
        {
            println!("cargo::rerun-if-changed={directory}");
        }
    }
}
