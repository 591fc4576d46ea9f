//! The scenarios and snapshots are compiled in: when one changes, the program does.

fn main() {
    for directory in ["../../scenarios", "../../snapshots"] {
        println!("cargo::rerun-if-changed={directory}");
    }
}
