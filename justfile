# The habits of this project; `just` lists them.

_default:
    @just --list --unsorted

# Run scenarios: all of them, or those that a filter names.
run *ARGS:
    cargo run --release -- run {{ARGS}}

# Run every test: rooms, properties, and each scenario on the pinned toolchains.
test *ARGS:
    cargo test --workspace {{ARGS}}

# The same under nextest.
nextest *ARGS:
    cargo nextest run --workspace {{ARGS}}

# What a change must pass before it is sent.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Record what the scenarios show now; look at the difference before committing it.
bless *ARGS:
    cargo run --release -- run --bless {{ARGS}}

# Review changed snapshots one by one.
review:
    cargo insta review

# Twenty runs of everything: the canonical results must be the same each time.
repeat *ARGS:
    cargo run --release -- run --repeat 20 {{ARGS}}

# Every scenario that waits on both clocks: the canonical results must be the same, byte for byte.
clocks *ARGS:
    MODFAULT_CLOCKS=all cargo test -p modfault-snapshots --test clocks -- {{ARGS}}

# Measure what BENCHMARKS.md states.
bench:
    cargo build --release -p modfault-cli -p modfault-bench
    target/release/modfault-bench
    cargo bench -p modfault-wire

# One statically linked file with scenarios, modules and snapshots in it.
dist:
    #!/usr/bin/env bash
    set -euo pipefail
    arch=$(uname -m)
    if rustup target list --installed 2>/dev/null | grep -q "^$arch-unknown-linux-musl$"; then
        target=$arch-unknown-linux-musl flags=
    else
        target=$arch-unknown-linux-gnu flags=-Ctarget-feature=+crt-static
    fi
    export CARGO_PROFILE_RELEASE_STRIP=symbols
    RUSTFLAGS="$flags" cargo build --release --target "$target" --bin modfault
    mkdir -p dist
    cp "target/$target/release/modfault" dist/modfault
    echo "dist/modfault ($target)"
