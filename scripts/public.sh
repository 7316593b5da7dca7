#!/usr/bin/env bash
# A public server under attack: tests/public/run.py, as root in a network of its own. Sixty seconds
# unless told otherwise: scripts/public.sh --seconds 900 --slot 30
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --locked --release --quiet --bin mio-chat
export PYTHONDONTWRITEBYTECODE=1
exec unshare --net /usr/bin/python3 tests/public/run.py \
    "${CARGO_TARGET_DIR:-target}/release/mio-chat" "$@"
