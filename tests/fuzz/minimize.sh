#!/bin/bash
# Puts what `make fuzz` has found into a target's corpus, as far as it reaches what the corpus does
# not. usage: minimize.sh BUILD_FOLDER NAME
set -euo pipefail
export LC_ALL=C
build=$(readlink -f "$1")
name=$2
corpus=$(cd "${BASH_SOURCE[0]%/*}" && pwd)/corpus/$name

scratch=$(mktemp -d "${TMPDIR:-/tmp}/uhyve-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# What the corpus has comes first, and stays.
cp -r "$corpus" "$scratch/new"
LLVM_PROFILE_FILE=$scratch/profile FUZZ_SCRATCH=$scratch TMPDIR=$scratch "$build/$name" -merge=1 \
    -set_cover_merge=1 -use_counters=0 -print_funcs=0 "$scratch/new" "$build/found/$name" \
    > "$scratch/log" 2>&1 || {
    cat "$scratch/log"
    exit 1
}
before=$(find "$corpus" -type f | wc -l)
cp -n -t "$corpus" "$scratch/new"/*
echo "$name: $(($(find "$corpus" -type f | wc -l) - before)) new inputs"
