#!/bin/bash
# Raw frames through the driver, without a stack: each kind of ring, with and without all that can be
# agreed on, frames in several buffers, TCP segments that the other side cuts, the end of the wire.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
ip link set tap0 mtu 9000
peer() { timeout 60 "$PROGRAMS/frame_peer" tap0 "$guest_mac" "$@" > "$scratch/peer.log" 2>&1 || fail "$*"; }

for rings in '' split plain 'split plain'; do
    # shellcheck disable=SC2086 # words
    guest_start frames frames $rings
    features=15
    [[ $rings != *plain ]] || features=0
    [[ $guest_line == "ready $guest_mac mtu 9000 features $features up" ]] || fail "$guest_line"
    peer echo 3000 1514
    peer echo 1000 9000
    peer rtt 200
    frames=4200
    if [[ $features != 0 ]]; then
        peer large
        frames=4202
    fi
    peer end
    wait "$guest_pid" || fail "status $? of the guest"
    until grep -q '^[0-9]* frames$' "$scratch/frames.log"; do sleep 0.02; done
    grep -q "^$((frames + 1)) frames\$" "$scratch/frames.log" || fail "not $frames frames"
done

# The guest is told that nothing comes any more, and lives.
guest_start frames frames
peer echo 10 1514
ip link delete tap0
until grep -q '^link down$' "$scratch/frames.log"; do
    guest_lives
    sleep 0.02
done
guest_end
