#!/bin/bash
# A project with a Makefile, by make CC=uhyve-cc.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cp "${BASH_SOURCE[0]%/*}"/make_project/* "$scratch"
# A make that runs this test must not reach into it.
unset MAKEFLAGS MAKELEVEL MFLAGS
make -C "$scratch" CC="$STAGE/bin/uhyve-cc" > "$scratch/log" 2>&1 || fail "make: $(cat "$scratch/log")"
expect --stdout 'hello from a library
' "$uhyve" "$scratch/program"
[[ $(make -C "$scratch" CC="$STAGE/bin/uhyve-cc") == *'up to date'* ]] || fail "make builds twice"
