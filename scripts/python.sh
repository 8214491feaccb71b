#!/bin/sh
# Installs the Python libraries that tests exchange tokens with, into .build/python. Does nothing when they are there.
#
#   scripts/python.sh
set -eu

cd "$(dirname "$0")/.."
libraries="itsdangerous==2.2.0 blacksheep==2.6.4"
python=.build/python
stamp=$python/installed

[ "$(cat "$stamp" 2>/dev/null)" = "$libraries" ] && exit 0
echo "Installing with pip into $python: $libraries"
python3 -m venv --clear "$python"
# shellcheck disable=SC2086
if ! "$python/bin/pip" install --quiet --disable-pip-version-check $libraries; then
    echo "They could not be installed. Without them, run the tests with: swift test --disable-xctest" >&2
    exit 1
fi
echo "$libraries" >"$stamp"
