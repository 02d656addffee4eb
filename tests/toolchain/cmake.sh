#!/bin/bash
# A CMake project with the toolchain file, and one that only sets CC.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

project=$(readlink -f "${BASH_SOURCE[0]%/*}")/cmake_project
# Settings of the outer build.
unset CC CFLAGS LDFLAGS CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE MAKEFLAGS

cmake -S "$project" -B "$scratch/build" \
    -DCMAKE_TOOLCHAIN_FILE="$STAGE/share/cmake/uhyve/uhyve.cmake" > "$scratch/log" 2>&1 ||
    fail "configuring: $(cat "$scratch/log")"
cmake --build "$scratch/build" > "$scratch/log" 2>&1 || fail "building: $(cat "$scratch/log")"
expect --stdout 'hello from a library
' "$uhyve" "$scratch/build/program"
