#!/bin/bash
# Builds iperf3 out of Debian's source package, unchanged.
export PORT_SUITE=bullseye
export PORT_SOURCES=${BASH_SOURCE[0]%/*}/sources.txt
if ! said=$("${BASH_SOURCE[0]%/*}/../ports/fetch.sh" 2>&1); then
    echo "skipped: no sources of iperf3: $(tail -n 1 <<< "$said")"
    exit 77
fi
source "${BASH_SOURCE[0]%/*}/../ports/port.sh"

port_begin iperf3 source/src/iperf3
cd source || exit
[[ -f Makefile ]] || ./configure --host=x86_64-elf CC=uhyve-cc --disable-shared --enable-static --without-openssl --without-sctp
make -C src iperf3
port_end
