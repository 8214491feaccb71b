#!/bin/sh
# Starts an example behind a real nginx of its own on the loopback interface, until Ctrl-C.
#
#   scripts/run.sh Hello          PORT=8080 by default the first free one from there
set -eu
cd "$(dirname "$0")/.."

name=${1:-Hello}
echo "Building $name (release; the first time takes some minutes)"
swift build -c release --product "$name"
program=$(swift build -c release --show-bin-path)/$name
nginx=$(PATH=$PATH:/usr/sbin command -v nginx)

# Whether something listens on a port: state 0A in the kernel's tables.
is_taken() {
    hexadecimal=$(printf ':%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$hexadecimal" \
        '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 } END { exit !found }'
}
port=${PORT:-8080}
if [ -z "${PORT:-}" ]; then
    while is_taken "$port"; do port=$((port + 1)); done
elif is_taken "$port"; then
    echo "Port $port is taken. PORT=… chooses another." >&2
    exit 1
fi

directory=$(mktemp -d "${TMPDIR:-/tmp}/nestbox.XXXXXX")
server= front=
stop() {
    trap - EXIT INT TERM HUP
    # nginx first, so that it sends nothing more; each is waited for.
    [ -z "$front" ] || { kill -QUIT "$front" && wait "$front"; } 2>/dev/null || true
    [ -z "$server" ] || { kill -TERM "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf "$directory"
    exit "$1"
}
trap 'stop $?' EXIT
trap 'echo; echo Stopping; stop 0' INT TERM HUP

# The shipped configuration, with the two lines that are everybody's own.
cp nginx/private.conf "$directory/nginx.conf"
ln -s "$PWD/nginx" "$directory/nestbox"
sed -e "s|listen 80;|listen 127.0.0.1:$port;|" -e "s|unix:/run/nestbox/app.sock|unix:$directory/app.sock|" \
    nginx/nestbox.conf >"$directory/site.conf"

# What is set for builds and tests is no key of a program.
unset WARNINGS_AS_ERRORS CONFORMANCE_CASES
# Sessions need a secret; this one is for this checkout alone, and stays, so that visitors are known after a restart.
if ! env | grep -qE '^(APP_?SECRET|NESTBOX_SESSION_SECRET)'; then
    secret=$PWD/.build/run.secret
    [ -f "$secret" ] || "$program" session keygen "$secret" >/dev/null 2>&1 || true
    if [ -f "$secret" ]; then export NESTBOX_SESSION_SECRET_FILE="$secret"; fi
fi
# In a session of their own: Ctrl-C is for this script, which stops them in order.
setsid "$program" --listen "unix:$directory/app.sock" &
server=$!
user=
[ "$(id -u)" != 0 ] || user="user root;"
setsid "$nginx" -p "$directory" -c "$directory/nginx.conf" -e stderr -g "error_log stderr; $user" &
front=$!

tries=0
while [ ! -S "$directory/app.sock" ] || ! is_taken "$port"; do
    kill -0 "$server" 2>/dev/null || { echo "$name did not start" >&2; exit 1; }
    kill -0 "$front" 2>/dev/null || { echo "nginx did not start" >&2; exit 1; }
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { echo "$name and nginx did not start within 20 seconds" >&2; exit 1; }
    sleep 0.1
done
echo
echo "$name is at http://127.0.0.1:$port/ (Ctrl-C stops it)"
echo
while kill -0 "$server" 2>/dev/null && kill -0 "$front" 2>/dev/null; do
    # Either of them may end by itself; a signal ends the wait at once.
    sleep 1 &
    wait $! || true
done
echo "$name or nginx has ended" >&2
exit 1
