#!/bin/bash
# Builds zlib, its two test programs and the one that covers all of inflate.
source "${BASH_SOURCE[0]%/*}/port.sh"

port_begin zlib source/{example,minigzip,infcover}
cd source || exit
[[ -f configure.log ]] || CC=uhyve-cc ./configure --static
make static infcover
port_end
