#!/bin/bash
# The host's interface goes down and up again: so does the guest's link.
source "${BASH_SOURCE[0]%/*}/net.sh"

# says LINE: waits until the guest has printed it.
says() {
    local end=$((SECONDS + 10))
    until grep -qx "$1" "$scratch/link.log"; do
        ((SECONDS < end)) || fail "the guest does not say $1"
        sleep 0.02
    done
    : > "$scratch/link.log"
}

net_wire
guest_start link ask link "$host4" up link "$host4" down link "$host4" up sleep 60
says up
ip link set tap0 down
says down
ip link set tap0 up
says up
guest_reachable "$guest4"
guest_end
