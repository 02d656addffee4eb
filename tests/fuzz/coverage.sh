#!/bin/bash
# Replays the corpora, and prints how many lines of each file of each fuzz target they reach. Fails
# where they are less than 90 % of all of a target's.
# usage: coverage.sh BUILD_FOLDER
set -euo pipefail
export LC_ALL=C
build=$1
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
least=90

scratch=$(mktemp -d /dev/shm/uhyve-fuzz-XXXXXX 2> /dev/null ||
    mktemp -d "${TMPDIR:-/tmp}/uhyve-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Reads what lines.sh prints.
print_table() {
    awk -v name="$1" -v least="$least" '
        function row(what, lines, reached) {
            printf "%-34s %6d %8d %7.1f %%\n", what, lines, reached, lines ? 100 * reached / lines : 0
        }
        { text[NR] = $1; lines[NR] = $2; reached[NR] = $3; all += $2; all_reached += $3 }
        END {
            row(name, all, all_reached)
            for (i = 1; i <= NR; i++)
                row("  " text[i], lines[i], reached[i])
            if (all == 0 || 100 * all_reached < least * all) {
                printf "%s: its corpus reaches less than %d %% of the lines\n", name, least
                exit 1
            }
        }'
}

status=0
printf '%-34s %6s %8s %9s\n' "target, its files" lines reached share
while read -r name; do
    LLVM_PROFILE_FILE=$scratch/profile FUZZ_SCRATCH=$scratch "$build/$name" -runs=0 -timeout=10 \
        -artifact_prefix="$scratch/" \
        "$here/corpus/$name" > "$scratch/log" 2>&1 || {
        result=$?
        cat "$scratch/log"
        ((result == 3)) || exit 1
        echo "$name: not run"
        continue
    }
    "$here/lines.sh" "$build" "$name" "$scratch/profile" > "$scratch/lines"
    print_table "$name" < "$scratch/lines" || status=1
done < "$build/targets"
exit "$status"
