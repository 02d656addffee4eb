#!/bin/bash
# Builds SQLite's shell from the amalgamation, which its makefile makes, as its documentation has it.
source "${BASH_SOURCE[0]%/*}/port.sh"

port_begin sqlite3 build/sqlite3
mkdir -p build
cd build || exit
[[ -f Makefile ]] || ../source/configure --host=x86_64-elf CC=uhyve-cc
make sqlite3.c shell.c
for part in sqlite3 shell; do
    [[ -f $part.o ]] || uhyve-cc -O1 -I. -D_HAVE_SQLITE_CONFIG_H -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE \
        -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_MAX_MMAP_SIZE=0x7fff0000 -c $part.c
done
uhyve-cc sqlite3.o shell.o -o sqlite3
port_end
