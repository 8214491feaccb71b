#!/bin/sh
# Makes the Python environment of the frameworks that Benchmark --sessions measures beside ours.
set -eu

cd "$(dirname "$0")/../Benchmarks"
environment=.build/rivals
# The list of what is installed is the last thing that is put there.
cmp -s Rivals/requirements.txt "$environment/requirements.txt" && exit 0

echo "Installing with pip: $(sed '/^#/d' Rivals/requirements.txt | paste -sd ' ')"
python3 -m venv --clear "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement Rivals/requirements.txt
cp Rivals/requirements.txt "$environment/requirements.txt"
