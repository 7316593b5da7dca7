#!/usr/bin/env bash
# The chat page in a real browser, over WebSocket and over polling. Installs what is missing. With
# names of tests, `look` or `talk` for example, runs only those.
source "$(dirname "$0")/suites.sh" page

install_debian
install_npm

cargo build --locked --release --quiet --bin mio-chat

export PAGE_BINARY=$target/release/mio-chat
over() {
    local transport=$1 file=$2
    PAGE_TRANSPORT=$transport run "$file, $transport" \
        node --test --test-reporter=tap "$tests/$file.test.js"
}
files=("$@")
[ ${#files[@]} -gt 0 ] || files=(unit markup crowd reference look talk writing changes account files finding told network kept edges speed)
# Every file runs, even if one before it fails.
status=0
for file in "${files[@]}"; do
    over websocket "$file" || status=1
    case $file in talk | files | network | kept | speed) over polling "$file" || status=1 ;; esac
done
exit $status
