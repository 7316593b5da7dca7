#!/usr/bin/env bash
# Everything that must hold: format, lints, documentation, all tests, three people at netcat, real
# clients of Socket.IO, a browser, and a short load by each protocol without a loss. The quick parts
# and our own come first; every part runs and reports, even if one before it fails. Needs Rust;
# installs the rest where it is missing.
set -uo pipefail
cd "$(dirname "$0")/.."

# Everything is built once here, so what a second build could reuse is not worth its time and space.
export CARGO_INCREMENTAL=0

failed=()

# part NAME COMMAND...: runs a part, and notes whether it failed.
part() {
    local name=$1
    shift
    printf '\n== %s\n' "$name"
    local start=$SECONDS
    if "$@"; then
        printf '== %s: ok, %s s\n' "$name" "$((SECONDS - start))"
    else
        printf '== %s: FAILED, %s s\n' "$name" "$((SECONDS - start))"
        failed+=("$name")
    fi
}

install_netcat() {
    command -v nc >/dev/null && return
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends netcat-openbsd
}

# Without redis-server these tests do nothing, unless it is required.
real_redis() {
    command -v redis-server >/dev/null || {
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends redis-server
    }
    # Of all packages: one by itself would have other features, and its libraries be built anew.
    MIO_REDIS=required cargo test --locked --no-fail-fast --test redis --test nodes
}

# In the same folder as the rest, where the libraries are checked already.
fuzz_targets() {
    cargo check --locked --quiet --manifest-path fuzz/Cargo.toml --target-dir target
}

documentation() {
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --no-deps &&
        RUSTDOCFLAGS="-D warnings" cargo rustdoc --locked --quiet -p mio-chat --lib
}

# The only warning is that no repository's address is named, because there is none yet.
packages() {
    local all=(-p mio-wire -p mio-socketio -p mio-chat) told
    if ! told=$(cargo package --locked --allow-dirty --no-verify "${all[@]}" 2>&1); then
        echo "$told"
        return 1
    fi
    ! grep '^warning' <<<"$told" | grep -v 'no documentation, homepage or repository'
}

short_load() {
    scripts/loadgen.sh --protocol "$1" --clients 200 --senders 10 --rate max --secs 2
}

part "format" cargo fmt --all --check
part "lints" cargo clippy --locked --quiet --all-targets -- -D warnings
part "documentation" documentation
part "fuzz targets compile" fuzz_targets
part "packages" packages
# The tests wait most of the time. Meanwhile the program is built as people use it, with what is left
# of the processors; the part "release build" waits for it, and tells its errors.
nice -n 19 cargo build --locked --release --quiet 2>/dev/null &
# The attacks of tests/abuse.rs run for their full time.
export LONG_TESTS=1
part "tests" cargo test --locked --no-fail-fast
part "tests that take long" cargo test --locked --test abuse -- --ignored
part "links to a real Redis" real_redis
part "release build" cargo build --locked --release
part "netcat is installed" install_netcat
part "three people at netcat" scripts/netcat.sh
for protocol in line ws sio; do
    part "a short load, protocol $protocol" short_load "$protocol"
done
part "real clients and a browser" scripts/interop.sh
part "the chat page" scripts/page.sh

if [ ${#failed[@]} -gt 0 ]; then
    printf '\nfailed: %s\n' "$(IFS=,; echo "${failed[*]}")"
    exit 1
fi
printf '\nall parts passed\n'
