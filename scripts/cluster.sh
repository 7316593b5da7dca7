#!/usr/bin/env bash
# A chat of several servers on one machine, to try it: a Redis of its own, N servers, and HAProxy in
# front of them. Runs until it is interrupted, or, with a command after --, until that has ended.
#
#   scripts/cluster.sh 3                     then nc 127.0.0.1 55555, or http://127.0.0.1:5000/
#   scripts/cluster.sh 2 -- COMMAND...       COMMAND finds the addresses in CHAT_LINES and CHAT_HTTP,
#                                            and those of the servers themselves in CHAT_NODES
#
# CHAT_LINES and CHAT_HTTP in the environment choose the proxy's addresses. Needs Rust; installs Redis
# and HAProxy where they are missing (Debian). All data is in a folder that is deleted at the end.
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
cargo build --locked --release --quiet --bin mio-chat
program=${CARGO_TARGET_DIR:-target}/release/mio-chat

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

addresses=()
lines= http=
for ((i = 1; i <= nodes; i++)); do
    bind=127.0.0.1:$((first_port + 2 * i)) web=127.0.0.1:$((first_port + 2 * i + 1))
    "$program" --redis "redis+unix://$folder/redis" --node "n$i" --db "$folder/n$i.db" \
        --bind "$bind" --http "$web" 2>"$folder/n$i.log" &
    pids+=($!)
    addresses+=("$bind")
    lines+="    server n$i $bind check send-proxy-v2"$'\n'
    http+="    server n$i $web check cookie n$i"$'\n'
done
export CHAT_NODES="${addresses[*]}"

# A session that polls stays at one server by a cookie. A client without cookies uses WebSocket
# alone.
cat >"$folder/haproxy.cfg" <<END
global
    log stderr format raw local0 err
defaults
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
frontend lines
    mode tcp
    bind $CHAT_LINES
    default_backend lines
backend lines
    mode tcp
    balance leastconn
$lines
frontend http
    mode http
    bind $CHAT_HTTP
    option forwardfor
    default_backend http
backend http
    mode http
    balance leastconn
    cookie NODE insert indirect nocache
    option httpchk GET /readyz
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
$http
END
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
