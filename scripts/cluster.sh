#!/usr/bin/env bash
# A chat of several servers on one machine, to try it: a Redis of its own, N servers, and HAProxy in
# front of them. Runs until it is interrupted, or, with a command after --, until that has ended.
#
#   scripts/cluster.sh 3                     then nc 127.0.0.1 55555, or http://127.0.0.1:5000/
#   scripts/cluster.sh 2 -- COMMAND...       COMMAND finds the addresses in CHAT_LINES and CHAT_HTTP,
#                                            and those of the servers themselves in CHAT_NODES
#
# CHAT_LINES and CHAT_HTTP in the environment choose the proxy's addresses, and CHAT_PROGRAM the binary,
# which is built otherwise. Needs Rust; installs Redis and HAProxy where they are missing (Debian). All
# data is in a folder that is deleted at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

nodes=${1:-2}
shift || true
[ "${1:-}" = -- ] && shift
export CHAT_LINES=${CHAT_LINES:-127.0.0.1:55555} CHAT_HTTP=${CHAT_HTTP:-127.0.0.1:5000}
first_port=${FIRST_PORT:-56001}

for need in redis-server:redis-server haproxy:haproxy; do
    command -v "${need%%:*}" >/dev/null && continue
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${need##*:}"
done
if [ -z "${CHAT_PROGRAM:-}" ]; then
    cargo build --locked --release --quiet --bin mio-chat
    CHAT_PROGRAM=${CARGO_TARGET_DIR:-target}/release/mio-chat
fi

folder=$(mktemp -d)
pids=()
finish() {
    # The proxy first, then the servers, which tell Redis that they leave; Redis last.
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        kill "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

redis-server --port 0 --unixsocket "$folder/redis" --dir "$folder" --save '' --appendonly yes \
    >"$folder/redis.log" &
pids+=($!)
until [ -S "$folder/redis" ]; do sleep 0.1; done

# The configuration of contrib/ with the proxy's addresses of this run, and without TLS: its redirection
# and its certificate are left out.
sed -e "s/^    bind :80,.*/    bind $CHAT_HTTP/" -e "s/^    bind :5555,.*/    bind $CHAT_LINES/" \
    -e '/^    bind :443,/d' -e '/^    bind :5556,/d' -e '/redirect scheme https/d' \
    -e '/^    user /d' -e '/^    group /d' \
    -e 's|^    log /dev/log .*|    log stderr format raw local0 err|' \
    contrib/haproxy/cluster.cfg >"$folder/contrib.cfg"
# In place of each server called a there is one for each node here; the other servers are left out.
awk -v nodes="$nodes" -v first="$first_port" '
    /^    server a / {
        is_web = /:5000/
        for (i = 1; i <= nodes; i++) {
            line = $0
            sub(/server a/, "server n" i, line)
            sub(/cookie a/, "cookie n" i, line)
            sub(/10\.0\.0\.1:[0-9]+/, "127.0.0.1:" first + 2 * i + is_web, line)
            print line
        }
        next
    }
    /^    server / { next }
    { print }
' "$folder/contrib.cfg" >"$folder/haproxy.cfg"

addresses=()
for ((i = 1; i <= nodes; i++)); do
    bind=127.0.0.1:$((first_port + 2 * i)) web=127.0.0.1:$((first_port + 2 * i + 1))
    "$CHAT_PROGRAM" --redis "redis+unix://$folder/redis" --node "n$i" --db "$folder/n$i.db" \
        --bind "$bind" --http "$web" 2>"$folder/n$i.log" &
    pids+=($!)
    addresses+=("$bind")
done
export CHAT_NODES="${addresses[*]}"

haproxy -db -f "$folder/haproxy.cfg" &
pids+=($!)

for ((i = 1; i <= nodes; i++)); do
    for ((try = 0; try < 100; try++)); do
        grep -q 'node is whole' "$folder/n$i.log" && continue 2
        sleep 0.1
    done
    cat "$folder/n$i.log"
    exit 1
done

if [ $# -gt 0 ]; then
    "$@"
else
    echo "$nodes servers are one chat: nc ${CHAT_LINES/:/ }, http://$CHAT_HTTP/"
    echo "the servers themselves: $CHAT_NODES; their logs are in $folder; Ctrl-C ends all"
    wait -n "${pids[@]}"
fi
