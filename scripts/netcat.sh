#!/usr/bin/env bash
# Three people at the real netcat chat with the real server, and see the right lines.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

"${CARGO_TARGET_DIR:-target}/release/mio-chat" --bind 127.0.0.1:0 --http 127.0.0.1:0 --db none --log off 2>"$work/banner" &
server=$!

# Waits until file $1 holds the line $2, at most 10 s.
await() {
    for _ in $(seq 200); do
        if grep -qxF -- "$2" "$1" 2>/dev/null; then return 0; fi
        sleep 0.05
    done
    printf 'never came: %s\nin %s:\n' "$2" "$1" >&2
    cat "$1" >&2
    return 1
}

# Sits person $1 down at netcat: what is written to the descriptor $2 is typed.
sit() {
    mkfifo "$work/$1.in"
    nc 127.0.0.1 "$port" <"$work/$1.in" >"$work/$1" &
    eval "exec $2>\"$work/$1.in\""
}

for _ in $(seq 200); do
    port=$(awk '$1 == "chat" { print $4 }' "$work/banner")
    [ -n "$port" ] && break
    sleep 0.05
done
[ -n "$port" ] || { echo "the server did not start" >&2; exit 1; }

sit alice 5
echo '/nick alice' >&5
await "$work/alice" '* you are now alice'
sit bob 6
echo '/nick bob' >&6
await "$work/bob" '* you are now bob'
sit dan 7
await "$work/dan" '* Welcome to mio-chat. You are guest-3, in #lobby with alice and bob.'
await "$work/alice" '* guest-3 joined'
echo 'hello' >&7
await "$work/alice" '<guest-3> hello'
await "$work/bob" '<guest-3> hello'
echo 'hi guest-3' >&6
await "$work/dan" '<bob> hi guest-3'
echo '/nick dan' >&7
await "$work/dan" '* you are now dan'
echo '/msg alice psst' >&7
await "$work/dan" '* -> alice: psst'
await "$work/alice" '<dan -> you> psst'
echo '/quit' >&7
await "$work/dan" '* bye'
await "$work/bob" '* dan left'
echo 'from a pipe' | nc -N 127.0.0.1 "$port" >/dev/null
await "$work/alice" '<guest-4> from a pipe'

cat >"$work/expected" <<'TEXT'
* Welcome to mio-chat. You are guest-3, in #lobby with alice and bob.
* /nick NAME  /join #ROOM  /msg NAME TEXT  /who  /help  /quit
<bob> hi guest-3
* you are now dan
* -> alice: psst
* bye
TEXT
diff "$work/expected" "$work/dan"

kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
await "$work/alice" '* server is shutting down'
[ "$status" -eq 0 ] || { echo "the server ended with $status" >&2; exit 1; }
echo "netcat: all seen"
