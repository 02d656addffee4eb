#!/bin/bash
# Numbers and layouts that programs see are Linux's: the two files check them when compiled.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cc=$STAGE/bin/uhyve-cc
tests=$(readlink -f "${BASH_SOURCE[0]%/*}")/../../toolchain/tests

for name in abi_numbers abi_layouts; do
    expect "$cc" -c "$tests/$name.c" -o "$scratch/$name.o"
    [[ -s $scratch/$name.o ]] || fail "$name: no object file"
    # They would notice another system: the machine's own compiler is refused.
    status=0
    gcc-12 -c "$tests/$name.c" -o "$scratch/linux.o" 2> "$scratch/error" || status=$?
    [[ $status != 0 ]] || fail "$name compiles for Linux too"
done
