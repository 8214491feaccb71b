#!/bin/sh
# Fuzzes the parsers with libFuzzer and AddressSanitizer, two at a time.
#
#   TIME=600 TARGET=query scripts/fuzz.sh     ten minutes of one; without TARGET all of them
#
# What is found, and what libFuzzer learns on the way, goes to Fuzzing/.build/fuzz/<target>.
set -eu
cd "$(dirname "$0")/.."
time=${TIME:-60}
build=Fuzzing/.build
output=$build/fuzz

compiler=$(readlink -f "$(command -v swiftc)")
runtime=$(ls "$(dirname "$compiler")"/../lib/clang/*/lib/*/libclang_rt.fuzzer_no_main-"$(uname -m)".a 2>/dev/null | head -1)
[ -n "$runtime" ] || { echo "This Swift toolchain has no libFuzzer (libclang_rt.fuzzer_no_main)." >&2; exit 1; }

# -sanitize=fuzzer would bring libFuzzer's main into every program. These are what it stands for besides.
NESTBOX_FUZZING=1 swift build -c release --package-path Fuzzing --product Fuzz --sanitize=address \
    -Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table \
    -Xlinker "$runtime" -Xlinker -lstdc++
fuzz=$build/release/Fuzz

# Swift's own report of a crash would read the crashed process's memory behind AddressSanitizer's back.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS="detect_leaks=1:${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$PWD/Fuzzing/leaks.txt:print_suppressions=0:${LSAN_OPTIONS:-}"
symbolizer=$(dirname "$compiler")/llvm-symbolizer
if [ -x "$symbolizer" ]; then export ASAN_SYMBOLIZER_PATH="$symbolizer"; fi

all=$("$fuzz" --list)
for target in ${TARGET:-$all}; do
    case " $(echo $all) " in
        *" $target "*) ;;
        *) echo "No target '$target'. There are: $(echo $all)" >&2; exit 1 ;;
    esac
done

run() {
    folder=$output/$1
    mkdir -p "$folder/corpus"
    dictionary=Fuzzing/Dictionaries/$1.dict
    [ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=
    status=0
    FUZZ_TARGET=$1 "$fuzz" "$folder/corpus" "Fuzzing/Corpus/$1" $dictionary -max_total_time="$time" \
        -max_len=16384 -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$folder/" \
        >"$folder/log" 2>&1 || status=$?
    echo $status >"$folder/status"
}

# Runs two at a time, each next one when one has ended.
echo "Fuzzing for $time s each: $(echo ${TARGET:-$all})"
rm -f "$output"/*/status
pids=
for target in ${TARGET:-$all}; do
    while :; do
        running=
        for pid in $pids; do kill -0 "$pid" 2>/dev/null && running="$running $pid"; done
        pids=$running
        [ "$(echo $pids | wc -w)" -lt 2 ] && break
        sleep 1
    done
    run "$target" &
    pids="$pids $!"
done
wait

number() { sed -n "s/^$2 *\([0-9.]*\).*/\1/p" "$output/$1/log" | tail -1; }
failed=0
printf '%-18s %12s %8s %10s %12s  %s\n' target runs edges features slowest result
for target in ${TARGET:-$all}; do
    result=ok
    if [ "$(cat "$output/$target/status")" != 0 ]; then result=FAILED; failed=1; fi
    printf '%-18s %12s %8s %10s %9s ms  %s\n' "$target" "$(number "$target" stat::number_of_executed_units:)" \
        "$(number "$target" '#.*cov:')" "$(number "$target" '#.*ft:')" "$(number "$target" 'slowest input:')" "$result"
done
for target in ${TARGET:-$all}; do
    [ "$(cat "$output/$target/status")" = 0 ] && continue
    echo
    echo "$target: $(grep -m1 -E 'broken promise|slow input|ERROR:|Fatal error' "$output/$target/log" || echo "see its log")"
    file=$(sed -n 's/.*Test unit written to //p' "$output/$target/log" | tail -1)
    echo "  log:    $output/$target/log"
    [ -n "$file" ] && echo "  replay: SWIFT_BACKTRACE=enable=no LSAN_OPTIONS=suppressions=Fuzzing/leaks.txt FUZZ_TARGET=$target $fuzz $file"
done
exit $failed
