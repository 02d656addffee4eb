#!/bin/bash
# Builds bc and dc: for Linux first, which makes the header with bc's own library that a cross build
# cannot make, and has the results that those of the guest are compared with.
source "${BASH_SOURCE[0]%/*}/port.sh"

port_begin bc build/{bc/bc,dc/dc}
mkdir -p linux build
if [[ ! -x linux/dc/dc ]]; then
    (cd linux && ../source/configure CC=gcc-12 && make -C lib && make -C bc && make -C dc)
fi
cd build || exit
[[ -f Makefile ]] || ../source/configure --host=x86_64-elf CC=uhyve-cc
make -C lib
cp ../linux/bc/libmath.h bc/
make -C bc -o libmath.h bc
make -C dc
port_end
