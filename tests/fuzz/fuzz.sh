#!/bin/bash
# Runs all fuzz targets, two at a time, and prints what came of it. What they find is kept in the
# build folder, and is where the next run begins.
# usage: fuzz.sh BUILD_FOLDER   (FUZZ_SECONDS in the environment: for each target, default 60)
set -euo pipefail
export LC_ALL=C
build=$1
seconds=${FUZZ_SECONDS:-60}
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
at_once=2

scratch=$(mktemp -d "${TMPDIR:-/tmp}/uhyve-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Puts spaces between thousands.
spaced() { sed -E ':again; s/([0-9])([0-9]{3})($| )/\1 \2\3/; t again' <<< "$1"; }

# The value that run.sh has printed for a name.
value_of() { awk -v name="$1" '$1 == name { value = $2 } END { print value + 0 }' "$2"; }

fuzz_one() {
    local name=$1 status=0 log=$scratch/$1.log share crashes=none
    mkdir -p "$build/found/$name"
    "$here/run.sh" "$build" "$name" "$seconds" "$build/found/$name" "$scratch/$name.profile" \
        > "$log" 2>&1 || status=1
    share=-
    if [[ -s $scratch/$name.profile ]]; then
        share=$("$here/lines.sh" "$build" "$name" "$scratch/$name.profile" |
            awk '{ all += $2; reached += $3 } END { printf "%.1f %%", all ? 100 * reached / all : 0 }')
    fi
    if ((status != 0)); then
        crashes=FAILED
        : > "$scratch/failed"
    fi
    printf '%-12s %14s %12s %14s %12s %9s\n' "$name" \
        "$(spaced "$(value_of number_of_executed_units "$log")")" \
        "$(spaced "$(value_of average_exec_per_sec "$log")")" "$share" \
        "$(spaced "$(value_of new_units_added "$log")")" "$crashes"
}

mapfile -t targets < "$build/targets"
echo "${#targets[@]} targets, $at_once at a time, $seconds s each"
echo
printf '%-12s %14s %12s %14s %12s %9s\n' target executions "a second" "lines reached" "new inputs" crashes
for name in "${targets[@]}"; do
    while (($(jobs -rp | wc -l) >= at_once)); do
        wait -n || true
    done
    fuzz_one "$name" &
done
wait
if [[ -e $scratch/failed ]]; then
    echo
    grep -hvE '^(number_of|average_|new_)' "$scratch"/*.log || true
    exit 1
fi
