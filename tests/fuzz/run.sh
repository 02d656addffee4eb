#!/bin/bash
# Runs a fuzz target on its corpus, and then for some seconds on what it makes of that. Fails on a
# crash, a leak, an input that takes 10 s or 2 GiB of memory, and keeps that input.
# usage: run.sh BUILD_FOLDER NAME SECONDS [FOUND_FOLDER PROFILE]
#   FOUND_FOLDER: what it has found is kept there, and is where it begins; PROFILE: what was reached
set -euo pipefail
export LC_ALL=C
build=$1
name=$2
seconds=$3
found=${4:-}
profile=${5:-}
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
failed=$build/failed

# Files in memory: targets make trees of them again and again.
scratch=$(mktemp -d /dev/shm/uhyve-fuzz-XXXXXX 2> /dev/null ||
    mktemp -d "${TMPDIR:-/tmp}/uhyve-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$failed" "$scratch/found"
arguments=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024)
arguments+=(-print_final_stats=1 -print_funcs=0 -artifact_prefix="$scratch/failed-")
if [[ -e $here/dictionaries/$name.dict ]]; then
    arguments+=(-dict="$here/dictionaries/$name.dict")
fi

# It can write to its scratch folder only.
seeds=("$here/corpus/$name")
if [[ -n $found ]]; then
    seeds+=("$found")
fi

status=0
LLVM_PROFILE_FILE=$scratch/profile FUZZ_SCRATCH=$scratch "$build/$name" "${arguments[@]}" \
    "$scratch/found" "${seeds[@]}" > "$scratch/log" 2>&1 || status=$?
if [[ -n $found ]]; then
    find "$scratch/found" -type f -exec cp -t "$found" {} +
    cp "$scratch/profile" "$profile" 2> /dev/null || true
fi
if ((status == 3)); then
    cat "$scratch/log"
    exit 3
elif ((status != 0)); then
    grep -vE '^(#[0-9]+|INFO:|0x)' "$scratch/log" || true
    for input in "$scratch"/failed-*; do
        if [[ -e $input ]]; then
            kept=$failed/$name-${input##*/failed-}
            cp "$input" "$kept"
            echo "fuzz.$name: the input that fails: $kept"
            echo "again: FUZZ_SCRATCH=\$(mktemp -d) $build/$name $kept"
        fi
    done
    echo "fuzz.$name: ended with status $status"
fi
sed -nE 's/^stat::(number_of_executed_units|average_exec_per_sec|new_units_added): */\1 /p' "$scratch/log"
exit $((status != 0))
