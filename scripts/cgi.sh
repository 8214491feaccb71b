#!/bin/sh
# Builds a program as one file that needs nothing of the machine it runs on, for CGI on a shared host.
#
#   scripts/cgi.sh Hello
set -eu
cd "$(dirname "$0")/.."

name=${1:?the name of a program}
# Apart from the other builds: these flags would have everything built anew each time. A CGI program spends its time on
# being started, and that is less for a smaller file: -Osize and folding equal functions take 0.5 MB off, and so does leaving
# out the index of unwind tables, which a static program registers at its start and finds without it.
# The same file whoever asks for it, instead of building anew for a check of warnings.
unset WARNINGS_AS_ERRORS
set -- -c release --product "$name" --scratch-path .build/static -Xswiftc -Osize -Xswiftc -static-executable \
    -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=all -Xlinker --no-eh-frame-hdr -Xlinker -O2
echo "Building $name (static; the first time takes some minutes)"
swift build "$@"
program=$(swift build "$@" --show-bin-path)/$name
strip -o "$program.cgi" "$program"
bytes=$(wc -c <"$program.cgi")
echo "$program.cgi: $bytes bytes ($((bytes / 1000000)).$((bytes / 100000 % 10)) MB)"
