#!/bin/bash
# Lua runs scripts that use all of its standard library. (Its own test suite is in no Debian package.)
source "${BASH_SOURCE[0]%/*}/../expect.sh"

scripts=$(readlink -f "${BASH_SOURCE[0]%/*}/lua")
export PATH=$STAGE/bin:$PATH
cp "$scripts"/*.lua "$scratch"
cd "$scratch" || exit
lua=$PROGRAMS/lua5.4/source/src/lua.guest

# Its makefile's test.
expect --stdout $'.*\nLua 5\\.4\\.4  Copyright.*\n' make -C "$PROGRAMS/lua5.4/source/src" test

# run NAME [OPTION...]
run() { expect --stdout "$1 OK"$'\n' "$uhyve" "${@:2}" --volume .:. "$lua" "$1.lua"; }

run strings
run numbers
run tables -m 256M
run coroutines
run utf8
printf '17\nsecond line\n%0200000d\n' 0 | tr 0 x > input
expect --stdin input --stdout $'files OK\n' --stderr $'uhyve: fork, exec .*\nto standard error\n' \
    "$uhyve" --volume .:. "$lua" files.lua
expect --status 7 --stderr $'Lua warning: a warning\n' \
    "$uhyve" --volume .:. -e PORT=lua "$lua" system.lua one 'two words' ''

# The compiler's output runs, too; the interpreter reads programs from its standard input.
"$uhyve" --volume .:. "$PROGRAMS/lua5.4/source/src/luac" -s -o strings.out strings.lua
expect --stdout $'strings OK\n' "$uhyve" --volume .:.:ro "$lua" strings.out
echo 'print(("from " .. "input"):upper())' > program
expect --stdin program --stdout $'FROM INPUT\n' "$uhyve" "$lua" -
expect --stdout $'7\\.0\n' "$uhyve" "$lua" -e 'print(14 / 2)'
expect --status 1 --stderr '.*: \(command line\):1: wrong.*' "$uhyve" "$lua" -e 'error("wrong")'
expect --status 1 --stderr '.*: cannot open none\.lua.*' "$uhyve" --volume .:. "$lua" none.lua
