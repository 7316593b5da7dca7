#!/usr/bin/env bash
# The chat page in a real browser, each file over WebSocket and over polling. Installs what is missing. With
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
# Without a browser there is no transport, and the looks are the same by both.
is_pure() {
    case $1 in unit | markup | crowd | reference | states) ;; *) return 1 ;; esac
}

# Every file runs, even if one before it fails.
all_over() {
    local transport=$1 status=0 file
    shift
    for file in "$@"; do
        if [ "$transport" = polling ] && is_pure "$file"; then continue; fi
        over "$transport" "$file" || status=1
    done
    return $status
}

files=("$@")
[ ${#files[@]} -gt 0 ] || files=(unit markup crowd reference look states talk writing changes account files finding told network kept edges speed)
beside=() alone=()
for file in "${files[@]}"; do
    if [ "$file" = speed ]; then alone+=("$file"); else beside+=("$file"); fi
done
# Both transports beside each other, because the tests wait most of the time. What measures time has
# the machine for itself.
status=0
all_over websocket ${beside[@]+"${beside[@]}"} &
websocket=$!
all_over polling ${beside[@]+"${beside[@]}"} || status=1
wait "$websocket" || status=1
for transport in websocket polling; do
    all_over "$transport" ${alone[@]+"${alone[@]}"} || status=1
done
exit $status
