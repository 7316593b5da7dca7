# The shared part of the suites with foreign clients; sourced with the name of the suite. Except for
# Debian's packages, they install under the build's own folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

suite=$1
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/$suite
tests=$PWD/tests/$suite
mkdir -p "$cache"
rm -f "$cache"/log.*

# Installs Debian packages: the named ones, and Node.js with npm and a browser if they are missing.
install_debian() {
    local missing=("$@")
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    [ -x /usr/bin/chromium ] || missing+=(chromium)
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
}

# Whether $1 was made from the present content of the files after it.
is_made() {
    local made=$1
    shift
    [ -e "$made" ] && cat "$@" | cmp -s - "$made"
}

# Installs the suite's own npm packages, which its lock file pins.
install_npm() {
    local pins=("$tests/package.json" "$tests/package-lock.json")
    if ! is_made "$cache/node.made" "${pins[@]}"; then
        cp "${pins[@]}" "$cache"
        npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund --loglevel=error
        cat "${pins[@]}" >"$cache/node.made"
    fi
    export NODE_PATH=$cache/node_modules
}

# Runs tests and prints the number that passed; their log is shown only if one fails.
run() {
    local what=$1 start=$SECONDS log passed
    log=$(mktemp "$cache/log.XXXXXX")
    shift
    if ! timeout 600 "$@" >"$log" 2>&1; then
        cat "$log"
        echo "$suite: $what failed" >&2
        return 1
    fi
    passed=$(grep -Eo '^# pass [0-9]+|^Ran [0-9]+' "$log" | grep -Eo '[0-9]+')
    echo "$suite: $what, $passed tests in $((SECONDS - start)) s"
    grep -Eo 'keys [0-9]+, p95.*' "$log" || true
}
