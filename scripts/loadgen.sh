#!/bin/sh
# Builds the server and the load generator, and runs the load generator with all arguments.
# With no --connect it starts a server of its own: scripts/loadgen.sh --clients 1000 --secs 5
set -eu

cd "$(dirname "$0")/.."
cargo build --release --quiet --bin mio-chat --bin mio-chat-loadgen
exec "${CARGO_TARGET_DIR:-target}/release/mio-chat-loadgen" "$@"
