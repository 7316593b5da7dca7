#!/usr/bin/env bash
# The image of contrib/Containerfile, for real but without a registry: builds the static program with
# musl here, puts it into the image's second stage, and runs the image's own command as its user, with a
# root that nobody can write to, in a network of its own. Needs root, rustup's target for musl, and from
# Debian: musl-tools buildah iproute2 netcat-openbsd curl.
set -euo pipefail
cd "$(dirname "$0")/.."

machine=$(uname -m)
triple=$machine-unknown-linux-musl
rustup target add "$triple" 2>/dev/null || rustup target list --installed | grep -qx "$triple"
CC=musl-gcc cargo build --locked --release --quiet --bin mio-chat --target "$triple"
program=$(realpath "${CARGO_TARGET_DIR:-target}/$triple/release/mio-chat")
if ldd "$program" 2>/dev/null | grep -q '=>'; then
    echo "image: the program needs libraries" >&2
    exit 1
fi

# All in a folder of this run: the image, its container, the data.
work=$(mktemp -d)
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
storage=(buildah --root "$work/images" --runroot "$work/run")
ended() {
    "${storage[@]}" rm --all >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap ended EXIT

# The files that the first stage leaves.
mkdir -p "$work/context/src/target/release"
install -m 0755 "$program" "$work/context/src/target/release/mio-chat"
install -d -m 0700 "$work/context/data"
sed -n '/^FROM scratch/,$ { s/ --from=build//; p }' contrib/Containerfile >"$work/context/Containerfile"
"${storage[@]}" bud --quiet --tag mio-chat "$work/context" >/dev/null
container=$("${storage[@]}" from --pull-never mio-chat)
root=$("${storage[@]}" mount "$container")
told() {
    "${storage[@]}" inspect --type image --format "$1" mio-chat
}
[ "$(find "$root" -type f -printf '%P\n')" = mio-chat ] || {
    echo "image: it has other files than the program: $(find "$root" -type f)" >&2
    exit 1
}
user=$(told '{{.OCIv1.Config.User}}')
command=$(told '{{index .OCIv1.Config.Entrypoint 0}}')
folder=$(told '{{.OCIv1.Config.WorkingDir}}')
variables=$(told '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' | tr '\n' ' ')
echo "image: $(stat -c %s "$program") bytes, $command as $user in $folder, $variables"

# A network and mounts of its own. Only the volume can be written to.
export root user command folder work variables
unshare --mount --net bash -euo pipefail -c '
ip link set lo up
mount --bind "$root" "$root"
mount -t tmpfs -o "mode=0700,uid=${user%:*},gid=${user#*:}" tmpfs "$root$folder"
mount -o remount,bind,ro "$root"
inside() {
    exec env -i $variables unshare --root="$root" --wd="$folder" --setgid "${user#*:}" \
        --setuid "${user%:*}" "$command" "$@"
}
(inside 2>"$work/log") &
server=$!
trap "kill -KILL $server 2>/dev/null || true" EXIT
for _ in $(seq 100); do
    curl -fs http://127.0.0.1:5000/readyz >"$work/ready" && break
    sleep 0.1
done
grep -q ready "$work/ready" || { cat "$work/log" >&2; exit 1; }
printf "/nick ann\nhello\n" | nc -q 1 127.0.0.1 55555 | grep "you are now ann"
curl -fs http://127.0.0.1:5000/ | grep -i "<!doctype html>"
[ "$(stat -c "%u %a" "$root$folder/mio-chat.db")" = "${user%:*} 600" ]
kill -TERM $server
wait $server
trap - EXIT
(inside export) | grep hello
grep -v connect "$work/log"
'
echo "image: it serves, keeps its history in $folder, and ends when it is told"
