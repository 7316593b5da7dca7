#!/usr/bin/env bash
# Everything that must hold: format, lints, documentation, all tests, three people at netcat, real
# clients of Socket.IO, and a short load at each door without a loss. Needs Rust; installs the rest
# where it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

if ! command -v nc >/dev/null; then
    step "installing netcat"
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends netcat-openbsd
fi

step "format"
cargo fmt --check
step "lints"
cargo clippy --locked --quiet --all-targets -- -D warnings
step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --no-deps
step "release build"
cargo build --locked --release
step "three people at netcat"
scripts/netcat.sh
step "real clients and a browser"
scripts/interop.sh
step "the chat page"
scripts/page.sh
for door in line ws sio; do
    step "a short load, door $door"
    scripts/loadgen.sh --door "$door" --clients 200 --senders 10 --rate max --secs 2
done
step "tests"
cargo test --locked
