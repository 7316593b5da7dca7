#!/usr/bin/env bash
# The chat page in a real browser, over WebSocket and over polling. Installs what is missing, with
# everything that is not Debian's under the build's own folder. With names of tests, `look` or
# `talk` for example, runs only those.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/page
tests=$PWD/tests/page
mkdir -p "$cache"

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ -x /usr/bin/chromium ] || missing+=(chromium)
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
fi

pins=("$tests/package.json" "$tests/package-lock.json")
if ! cat "${pins[@]}" | cmp -s - "$cache/node.made"; then
    cp "${pins[@]}" "$cache"
    npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund --loglevel=error
    cat "${pins[@]}" >"$cache/node.made"
fi

cargo build --locked --release --quiet --bin mio-chat

export PAGE_BINARY=$target/release/mio-chat NODE_PATH=$cache/node_modules
# Runs one suite; its log is shown only if it fails.
run() {
    local suite=$1 transport=$2 start=$SECONDS log
    log=$(mktemp "$cache/log.XXXXXX")
    if ! PAGE_TRANSPORT=$transport timeout 600 \
        node --test --test-reporter=tap "$tests/$suite.test.js" >"$log" 2>&1; then
        cat "$log"
        echo "page: $suite, $transport failed" >&2
        return 1
    fi
    echo "page: $suite, $transport, $(grep -Eo '^# pass [0-9]+' "$log" | grep -Eo '[0-9]+')" \
        "tests in $((SECONDS - start)) s"
    grep -Eo 'keys [0-9]+, p95.*' "$log" || true
}
rm -f "$cache"/log.*
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(unit reference look talk network edges speed)
for suite in "${suites[@]}"; do
    run "$suite" websocket
    case $suite in talk | network | speed) run "$suite" polling ;; esac
done
