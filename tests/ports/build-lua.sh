#!/bin/bash
# Builds Lua's interpreter and compiler.
source "${BASH_SOURCE[0]%/*}/port.sh"

port_begin lua5.4 source/src/lua{,c}
cd source || exit
make posix CC=uhyve-cc
wrap src/lua
port_end
