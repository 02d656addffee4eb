#!/bin/bash
# Builds bzip2 and bzip2recover.
source "${BASH_SOURCE[0]%/*}/port.sh"

port_begin bzip2 source/bzip2{,recover}
cd source || exit
make CC=uhyve-cc bzip2 bzip2recover
wrap bzip2
wrap bzip2recover
port_end
