#!/bin/bash
# Prints for each file of a fuzz target: its name, its lines, how many a run has reached.
# usage: lines.sh BUILD_FOLDER NAME PROFILE
set -euo pipefail
export LC_ALL=C
build=$1
name=$2
profile=$3
repository=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)

mapfile -t files < "$build/$name.files"
llvm-profdata-14 merge -sparse "$profile" -o "$profile.data"
llvm-cov-14 export --format=lcov -instr-profile="$profile.data" "$build/$name" \
    "${files[@]/#/$repository/}" |
    awk -F ':' -v repository="$repository/" '
        /^SF:/ { file = $2; sub(repository, "", file) }
        /^LF:/ { lines = $2 }
        /^LH:/ { reached = $2 }
        /^end_of_record/ { print file, lines, reached }'
rm -f "$profile.data"
