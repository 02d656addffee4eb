#!/bin/bash
# Programs with OpenMP: one command, compiled and linked apart, found by CMake.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

project=$(readlink -f "${BASH_SOURCE[0]%/*}")/openmp_project
cc=$STAGE/bin/uhyve-cc
cd "$scratch" || exit
unset CC CFLAGS LDFLAGS CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE MAKEFLAGS

run_program() { expect --stdout '499500 3
' "$uhyve" -c 2 "$1"; }

for options in -O0 -O2 '-O2 -g' '-O2 -static-pie' '-O2 -flto' '-O3 -std=c11 -pedantic' \
    '-O2 -ffunction-sections -Wl,--gc-sections'; do
    # shellcheck disable=SC2086 # several options
    expect "$cc" $options -fopenmp "$project/program.c" -o program
    run_program program
    # What is for devices is not in the program.
    readelf -SW program > sections
    ! grep -q offload sections || fail "$options: $(cat sections)"
done

expect "$cc" -O2 -fopenmp -c "$project/program.c" -o program.o
expect "$cc" -fopenmp program.o -o program
run_program program
# Without the option the pragmas have no effect.
expect "$cc" -O2 "$project/program.c" -o program
expect --stdout '499500 1
' "$uhyve" -c 2 program

cmake -S "$project" -B build \
    -DCMAKE_TOOLCHAIN_FILE="$STAGE/share/cmake/uhyve/uhyve.cmake" > log 2>&1 || fail "configuring: $(cat log)"
cmake --build build > log 2>&1 || fail "building: $(cat log)"
run_program build/program
