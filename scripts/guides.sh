#!/bin/sh
# Follows guides of docs/ step by step, each on a clean Debian that is booted for it with systemd, and looks whether what
# they promise comes.
#
#   scripts/guides.sh                 all of them
#   scripts/guides.sh nginx apache    some
#
# In a guide a block of `sh` is typed as root on the server, one of `sh here` in this checkout, one of `sh ada` as the user ada
# in her home on the server; a block of `text` behind it is what it prints, among other lines. In blocks of `sh here` the server
# is called server: `scp FILE server:/path`, `scp FILE ada@server:path`. Blocks in comments are for this script alone: what a
# host has before the guide begins.
#
# The servers share the network of this machine, so that nothing else may listen on the ports of the guides (80, 8080).
set -eu
cd "$(dirname "$0")/.."

# Runs a command on the server as root would at a terminal.
on_server() {
    nsenter -t "$leader" -m -u -i -p -n -C env -i -C /root HOME=/root LANG=C.UTF-8 TERM=dumb \
        DEBIAN_FRONTEND=noninteractive PATH="${toolchain:+$toolchain/bin:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "$@"
}
scp() {
    case $2 in
        server:*) cp "$1" "$root${2#server:}" ;;
        *@server:*)
            home=$(awk -F: -v user="${2%@server:*}" '$1 == user { print $6 }' "$root/etc/passwd")
            cp "$1" "$root$home/${2#*@server:}"
            on_server chown "${2%@server:*}:" "$home/${2#*@server:}"
            ;;
        *) echo "scp: where is $2?" >&2; return 1 ;;
    esac
}

# One step of `sh here`, which this script starts as a process of its own: within a function that is asked for its status, a shell
# goes on after a command that fails.
if [ "${1-}" = --step ]; then
    . "$2"
    exit
fi

[ "$(id -u)" = 0 ] || { echo "Only root can boot another system: sudo make guides" >&2; exit 1; }

guides=${*:-first-page nginx apache lighttpd systemd shared-hosting}
# Before anything is removed that has such a name.
for name in $guides; do
    case $name in
        */*) echo "$name: a guide is named without its folder" >&2; exit 64 ;;
    esac
    [ -f "docs/$name.md" ] || { echo "There is no guide docs/$name.md" >&2; exit 64; }
done

work=$PWD/.build/guides
base=$work/base
mkdir -p "$work"
if [ ! -d "$base" ]; then
    echo "Getting a Debian (some minutes)"
    rm -rf "$base.new"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,procps,ca-certificates,curl \
        bookworm "$base.new" >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; exit 1; }
    mv "$base.new" "$base"
fi

# What Swift itself needs, for guides that build on the server (https://www.swift.org/install/linux/debian).
swift_packages="binutils gcc git libc6-dev libcurl4 libedit2 libncurses6 libsqlite3-0 libstdc++-12-dev libxml2 libz3-4
    pkg-config tzdata zlib1g-dev"

container=
leader=
# Control groups of its own, in every hierarchy that there is: a systemd that boots takes its group for the root of all, and
# would move the processes of this machine about.
groups=$(for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -w "$hierarchy/cgroup.procs" ] || echo "$hierarchy/nestbox-guide"
done)
# Ends the system that was booted.
halt() {
    [ -n "$container" ] || return 0
    [ -z "$leader" ] || nsenter -t "$leader" -a systemctl poweroff >/dev/null 2>&1 || true
    wait "$container" 2>/dev/null || true
    container= leader=
    for group in $groups; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
}
trap 'halt' EXIT
trap 'exit 1' INT TERM HUP

# Boots a system of its own for a guide.
boot() {
    root=$work/$1
    rm -rf "$root" || return 1
    cp -a --reflink=auto "$base" "$root" || return 1
    set --
    if grep -q '^swift ' "$guide"; then
        toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
        set -- "--bind-ro=$toolchain" "--bind-ro=$PWD:/nestbox"
        # The package comes from this checkout, and what it depends on from where git gets it on this machine.
        printf '[safe]\n\tdirectory = *\n[url "/nestbox"]\n\tinsteadOf = %s\n' \
            "https://github.com/nestbox-swift/nestbox" >"$root/root/.gitconfig" || return 1
        for mirror in $(git config --get-regexp '^url\..*\.insteadof$' | cut -d' ' -f1); do
            place=${mirror#url.}
            place=${place%.insteadof}
            git config --get-all "$mirror" | while read -r prefix; do
                printf '[url "%s"]\n\tinsteadOf = %s\n' "$place" "$prefix"
            done >>"$root/root/.gitconfig"
            folder=${place#file://}
            if [ -d "$folder" ]; then set -- "$@" "--bind-ro=$(readlink -f "$folder"):$folder"; fi
        done
    else
        toolchain=
    fi
    for group in $groups; do
        mkdir -p "$group" || return 1
        # A group of the hierarchy cpuset has no processors and no memory until it is given some.
        for file in cpuset.cpus cpuset.mems; do
            [ ! -f "${group%/*}/$file" ] || cat "${group%/*}/$file" >"$group/$file"
        done
    done
    sh -c 'for group in $1; do echo $$ >"$group/cgroup.procs"; done; shift; exec systemd-nspawn "$@"' sh "$groups" \
        --quiet --directory="$root" --register=no --keep-unit --boot --console=read-only "$@" \
        </dev/null >"$root.boot" 2>&1 &
    container=$!
    tries=0
    until leader=$(pgrep -P "$container" | head -1) && [ -n "$leader" ] \
        && nsenter -t "$leader" -a systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
        tries=$((tries + 1))
        kill -0 "$container" 2>/dev/null && [ $tries -lt 300 ] || { tail -5 "$root.boot" >&2; return 1; }
        sleep 0.2
    done
    cp /etc/resolv.conf "$root/etc/resolv.conf" || return 1
    on_server apt-get update -qq || return 1
    [ -z "$toolchain" ] || on_server apt-get install -y -qq --no-install-recommends $swift_packages >"$root.swift" 2>&1
}

# Writes the blocks of a guide to numbered files: 01.root, 02.here, 02.text …
blocks() {
    awk -v folder="$2" '
        /^```/ && open { open = 0; close(file); next }
        /^```sh( [a-z]+)?$/ {
            who = $2 == "" ? "root" : $2
            file = sprintf("%s/%02d.%s", folder, ++number, who); open = 1; printf "" > file; next
        }
        /^```text$/ { file = sprintf("%s/%02d.text", folder, number); open = 1; printf "" > file; next }
        /^```/ { file = "/dev/null"; open = 1; next }
        open { print > file }
    ' "$1"
}

# Follows one guide; says what went wrong.
follow() {
    guide=docs/$1.md
    boot "$1" || { echo "the system did not boot" >&2; return 1; }
    steps=$work/$1.steps
    rm -rf "$steps"
    mkdir -p "$steps" || return 1
    blocks "$guide" "$steps" || return 1
    ls "$steps" | grep -v '\.text$' >"$steps.list" || true
    [ -s "$steps.list" ] || { echo "$guide has no steps" >&2; return 1; }
    while read -r block; do
        step=$steps/$block
        output=${step%.*}.output
        status=0
        case $step in
            *.here)
                root=$root leader=$leader toolchain=$toolchain sh scripts/guides.sh --step "$step" \
                    >"$output" 2>&1 </dev/null || status=$?
                ;;
            *.root) on_server bash -euo pipefail -c "$(cat "$step")" >"$output" 2>&1 </dev/null || status=$? ;;
            *) on_server runuser -l "${step##*.}" -c "set -eu; $(cat "$step")" >"$output" 2>&1 </dev/null || status=$? ;;
        esac
        if [ $status != 0 ]; then
            echo "$guide, step $block: exit status $status" >&2
            cat "$step" >&2
            tail -15 "$output" >&2
            return 1
        fi
        [ ! -f "${step%.*}.text" ] || while read -r line; do
            grep -qF -- "$line" "$output" && continue
            echo "$guide, step $block: '$line' is not in what it printed:" >&2
            tail -15 "$output" >&2
            return 1
        done <"${step%.*}.text"
    done <"$steps.list"
}

passed=0
failed=0
for name in $guides; do
    start=$(date +%s)
    if follow "$name"; then
        passed=$((passed + 1))
        echo "ok      docs/$name.md ($(($(date +%s) - start)) s)"
        halt
        rm -rf "${work:?}/$name"
    else
        failed=$((failed + 1))
        echo "FAILED  docs/$name.md; its system is left in $work/$name"
        halt
    fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
