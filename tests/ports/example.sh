#!/bin/bash
# The recipe in examples/lua: its lines, but for those that fetch and unpack what is there already.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

cp "${BASH_SOURCE[0]%/*}"/../../examples/lua/* "$scratch"
cd "$scratch" || exit
export PATH=$STAGE/bin:$PATH
unset MAKEFLAGS MAKELEVEL MFLAGS
cp -a "$PROGRAMS/lua5.4/source" lua-5.4.4
mv lua-5.4.4/src/lua.guest lua-5.4.4/src/lua

sed -n '/^```sh$/,/^```$/p' README.md | grep -Ev '^(```|apt-get |tar )' > recipe
[[ $(wc -l < recipe) == 2 ]] || fail "lines of the recipe: $(< recipe)"
expect --stdout $'.*[0-9]+ words, most often: lua, the, .*\n' bash -ec "$(< recipe)"
[[ $(head -n 1 words.txt) =~ ^[0-9]+\ lua$ ]] || fail "words.txt: $(head -n 3 words.txt)"
