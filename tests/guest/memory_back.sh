#!/bin/bash
# Memory that a guest no longer uses goes back to the host: all but a small reserve.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

resident_kib() {
    awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"
}

# The guest's next line must be that one.
reached() {
    local line=''
    read -r -t 20 line <&"${guest[0]}" || true
    [[ $line == "$1" ]] || fail "the guest says '$line', not '$1'"
}

# gives_back WAY RESERVE_MIB
gives_back() {
    local mapped used back
    coproc guest { exec "$uhyve" -m 128M "$PROGRAMS/memory_back" "$1"; }
    # shellcheck disable=SC2154  # coproc sets it
    local pid=$guest_PID
    reached mapped
    mapped=$(resident_kib "$pid")
    echo >&"${guest[1]}"
    reached used
    used=$(resident_kib "$pid")
    echo >&"${guest[1]}"
    reached back
    back=$(resident_kib "$pid")
    echo >&"${guest[1]}"
    wait "$pid" || fail "$1: status $?"
    echo "$1: $mapped KiB, with 64 MiB in use $used KiB, without them $back KiB"
    ((used - mapped >= 60 << 10)) || fail "$1: the memory is not in use, or was so before"
    ((back - mapped <= ($2 + 4) << 10)) || fail "$1: the host has not got the memory back"
}

gives_back discard 0
gives_back munmap 16
gives_back sbrk 16
