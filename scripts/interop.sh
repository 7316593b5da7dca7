#!/usr/bin/env bash
# Real clients against the real server: Socket.IO's in JavaScript and in Python, of every version
# that people still use, and the tutorials' pages in a browser. Installs what is missing, with
# everything that is not Debian's under the build's own folder.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/interop
tests=$PWD/tests/interop
mkdir -p "$cache"

# Whether $1 is there, made from just what stands in the files behind it.
is_made() {
    local made=$1
    shift
    [ -e "$made" ] && cat "$@" | cmp -s - "$made"
}

missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
/usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
[ -x /usr/bin/chromium ] || missing+=(chromium)
if [ ${#missing[@]} -gt 0 ]; then
    echo "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
fi

if ! is_made "$cache/node.made" "$tests/package.json" "$tests/package-lock.json"; then
    cp "$tests/package.json" "$tests/package-lock.json" "$cache"
    npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund --loglevel=error
    cat "$tests/package.json" "$tests/package-lock.json" >"$cache/node.made"
fi
for version in 4 5; do
    pins=$tests/python$version.txt
    if ! is_made "$cache/python$version.made" "$pins"; then
        /usr/bin/python3 -m venv --clear "$cache/python$version"
        "$cache/python$version/bin/pip" install --quiet --no-deps --requirement "$pins"
        cp "$pins" "$cache/python$version.made"
    fi
done

cargo build --locked --release --quiet --bin mio-chat --example conformance

export INTEROP_RELEASE=$target/release NODE_PATH=$cache/node_modules PYTHONDONTWRITEBYTECODE=1
# Runs one suite; its log is shown only if it fails.
run() {
    local what=$1 start=$SECONDS log
    log=$(mktemp "$cache/log.XXXXXX")
    shift
    if ! timeout 600 "$@" >"$log" 2>&1; then
        cat "$log"
        echo "interop: $what failed" >&2
        return 1
    fi
    echo "interop: $what, $(grep -Eo '^# pass [0-9]+|^Ran [0-9]+' "$log" | grep -Eo '[0-9]+')" \
        "tests in $((SECONDS - start)) s"
}
in_javascript() {
    for file in clients chat seeds recovery chat-recovery chat-kill; do
        run "JavaScript, $file" node --test --test-reporter=tap "$tests/$file.test.js" || return 1
    done
}
in_python() {
    for version in 4 5; do
        run "Python, client $version" "$cache/python$version/bin/python" "$tests/python/run.py" ||
            return 1
    done
}
rm -f "$cache"/log.*
# Both wait most of the time.
in_javascript &
javascript=$!
status=0
in_python || status=1
wait "$javascript" || status=1
exit $status
