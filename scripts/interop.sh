#!/usr/bin/env bash
# Real clients against the real server: Socket.IO's in JavaScript and in Python, of every version
# that people still use, and the tutorials' pages in a browser. Installs what is missing.
source "$(dirname "$0")/suites.sh" interop

needed=()
/usr/bin/python3 -c 'import ensurepip, venv' 2>/dev/null || needed+=(python3-venv)
for program in redis-server nginx haproxy caddy openssl; do
    command -v "$program" >/dev/null || needed+=("$program")
done
[ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || needed+=(libnginx-mod-stream)
install_debian "${needed[@]}"
install_npm
for version in 4 5; do
    pins=$tests/python$version.txt
    if ! is_made "$cache/python$version.made" "$pins"; then
        /usr/bin/python3 -m venv --clear "$cache/python$version"
        "$cache/python$version/bin/pip" install --quiet --no-deps --requirement "$pins"
        cp "$pins" "$cache/python$version.made"
    fi
done

cargo build --locked --release --quiet --bin mio-chat --example conformance

export INTEROP_RELEASE=$target/release PYTHONDONTWRITEBYTECODE=1
# Every file runs, even if one before it fails.
in_javascript() {
    local status=0 file
    for file in "$@"; do
        run "JavaScript, $file" node --test --test-reporter=tap "$tests/$file.test.js" || status=1
    done
    return $status
}
in_python() {
    local status=0 version
    for version in 4 5; do
        run "Python, client $version" "$cache/python$version/bin/python" "$tests/python/run.py" ||
            status=1
    done
    return $status
}
# Three rows of tests run beside each other, because they wait most of the time.
rows=()
in_javascript reference clients packed deflate closing chat seeds recovery chat-recovery chat-kill chat-file &
rows+=($!)
in_javascript nodes nodes-scene nodes-faults cluster proxies &
rows+=($!)
{
    status=0
    in_python || status=1
    in_javascript proxies-nodes proxies-tls ambiguous tls || status=1
    exit $status
} &
rows+=($!)
status=0
for row in "${rows[@]}"; do
    wait "$row" || status=1
done
exit $status
