#!/bin/bash
# Replays the corpora, and prints for each file of each fuzz target how many of its lines they reach.
# Fails where a target's files together have less than 90 %.
# usage: coverage.sh BUILD_FOLDER
set -euo pipefail
export LC_ALL=C
build=$1
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
repository=$(cd "$here/../.." && pwd)
least=90

scratch=$(mktemp -d "${TMPDIR:-/tmp}/uhyve-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Prints: file, lines, lines that were not reached.
lines_of() {
    local name=$1 files
    mapfile -t files < "$build/$name.files"
    LLVM_PROFILE_FILE=$scratch/$name.profraw FUZZ_SCRATCH=$scratch "$build/$name" -runs=0 -timeout=10 \
        "$here/corpus/$name" > "$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        return 1
    }
    llvm-profdata-14 merge -sparse "$scratch/$name.profraw" -o "$scratch/$name.profdata"
    llvm-cov-14 export --format=lcov --summary-only=false -instr-profile="$scratch/$name.profdata" \
        "$build/$name" "${files[@]/#/$repository/}" |
        awk -F ':' '/^SF:/ { file = $2 } /^LF:/ { lines = $2 } /^LH:/ { reached = $2 }
            /^end_of_record/ { print file, lines, reached }'
}

status=0
printf '%-40s %7s %8s %7s\n' "target and file" lines reached share
while read -r name; do
    lines_of "$name" > "$scratch/$name.lines"
    awk -v name="$name" -v repository="$repository/" -v least="$least" '
        function row(what, lines, reached) {
            printf "%-40s %7d %8d %6.1f %%\n", what, lines, reached, lines ? 100 * reached / lines : 0
        }
        {
            sub(repository, "", $1)
            text[NR] = $1; lines[NR] = $2; reached[NR] = $3
            all += $2; all_reached += $3
        }
        END {
            row(name, all, all_reached)
            for (i = 1; i <= NR; i++)
                row("  " text[i], lines[i], reached[i])
            if (all == 0 || 100 * all_reached < least * all) {
                printf "fuzz.%s: less than %d %% of the lines\n", name, least
                exit 1
            }
        }' "$scratch/$name.lines" || status=1
done < "$build/targets"
exit "$status"
