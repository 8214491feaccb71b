#!/bin/sh
# Builds an example and starts it behind a real nginx of its own on the loopback interface, until Ctrl-C.
#
#   scripts/run.sh Hello          PORT=8080 by default the first free one from there
set -eu
cd "$(dirname "$0")/.."

name=${1:-Hello}
echo "Building $name (release; the first time takes some minutes)"
swift build -c release --product "$name"
program=$(swift build -c release --show-bin-path)/$name
exec "$program" serve ${PORT:+--port "$PORT"}
