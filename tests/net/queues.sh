#!/bin/bash
# A TAP of several queues: streams in both directions, several connections at once, over IPv4 and IPv6;
# frames go by all queues that the guest has a use for; more of them, or fewer CPUs, lose nothing. What
# cannot be is said in one line.
source "${BASH_SOURCE[0]%/*}/net.sh"
[[ ${NET_GUEST:-} != linux ]] || skip "it is about the guest's own device"

mib=8
((${NET_FULL:-0} == 0)) || mib=128
bytes=$((mib << 20))
sum=$("$LINUX_PROGRAMS/transfer" -$bytes | sha256sum)
guest_options=(--stats=json)

# start WAY QUEUES CPUS: a guest that serves.
start() {
    guest_cpus=$3
    guest_net=(--net "$1,ip=$guest4/24,gateway=$host4,mac=$guest_mac$2")
    guest_start transfer transfer 8000
    guest_reachable
}

# Six connections in each direction at once, then a hundred and more small ones.
transfer_at_once() {
    local i url curls=()
    for i in {1..6}; do
        url=${guest_urls[i % 2]}
        curl -gsS --max-time 100 "http://$url:8000/$bytes" | sha256sum > "$scratch/down.$i" &
        curls+=($!)
        "$LINUX_PROGRAMS/transfer" -$bytes |
            curl -gsS --max-time 100 -H 'Expect:' -H 'Transfer-Encoding:' -H "Content-Length: $bytes" \
                -T - "http://$url:8000/$bytes" > "$scratch/up.$i" &
        curls+=($!)
    done
    for i in "${!curls[@]}"; do
        wait "${curls[i]}" || fail "a curl"
    done
    for i in {1..6}; do
        [[ $(< "$scratch/down.$i") == "$sum" && $(< "$scratch/up.$i") == 'the same' ]] || fail "connection $i"
    done
    for url in "$guest4" "\\[$guest6\\]"; do
        curl -sS --max-time 60 -H 'Connection: close' "http://$url:8000/[901-964]" > "$scratch/small"
        (($(stat -c %s "$scratch/small") == 64 * (901 + 964) / 2)) || fail "small ones from $url"
    done
}

# end PAIRS: the guest ends. Frames of both directions went by its first so many queues, each, and none by
# another.
end() {
    local i direction frames
    curl -gsS --max-time 20 "http://$guest4:8000/end"
    wait "$guest_pid" || fail "status of the guest at its end: $?"
    until grep -q '"launch_us_to_guest".*}' "$scratch/transfer.log"; do sleep 0.02; done
    for i in {0..7}; do
        for direction in received sent; do
            frames=$(figure "$scratch/transfer.log" "frames_eth0_${i}_$direction")
            ((i < $1 ? frames > 20 : frames == 0)) || fail "$frames frames $direction by queue $i"
        done
    done
}

wire_kind=(multi_queue)
net_wire
net_dnsmasq

start tap:tap0 ,queues=2 2
transfer_at_once
end 2

# The guest has fewer CPUs than there are queues: what comes by the others reaches it all the same.
start tap:tap0 ,queues=8 2
transfer_at_once
end 2

start tap:tap0 ,queues=4 4
transfer_at_once
end 4

# Descriptors that somebody else has opened.
uhyve_itself=$uhyve
hand_over() { "$PROGRAMS/hand_over" tap0 "$queues" "$uhyve_itself" "$@"; }
uhyve=hand_over
queues=2
start fd:10+11 '' 2
transfer_at_once
end 2

# One queue of several is enough for a guest that asks for no more.
uhyve=$uhyve_itself
guest_options=()
start tap:tap0 '' 2
[[ $(curl -gsS --max-time 20 "http://$guest4:8000/$bytes" | sha256sum) == "$sum" ]] || fail 'one queue'
guest_end

# Both kinds of ring, without a stack; the interface goes away. Linux moves what comes to the queue that
# the guest sends by when it has seen a first answer, so there is one before many frames are on their way.
peer() { timeout 60 "$PROGRAMS/frame_peer" tap0 "$guest_mac" "$@" > "$scratch/peer.log" 2>&1 || fail "$*"; }
for rings in '' split; do
    guest_options=(-c 2)
    guest_net=(--net "tap:tap0,mac=$guest_mac,queues=2")
    # shellcheck disable=SC2086 # words
    guest_start frames frames $rings
    peer rtt 10
    peer echo 1000 1514
    [[ $rings == split ]] || guest_end
done
ip link delete tap0
until grep -q '^link down$' "$scratch/frames.log"; do
    guest_lives
    sleep 0.02
done
guest_end

# A new interface.
guest_net=(--net "tap:tap0,queues=2")
guest_start transfer transfer 8000
[[ $(ip -d link show tap0) == *' numqueues 2 '* ]] || fail "the new interface: $(ip -d link show tap0)"
guest_end

# ---- What cannot be ----

ip tuntap add single mode tap vnet_hdr
ip tuntap add other mode tap vnet_hdr multi_queue
refuse() { expect --status 125 --stderr "uhyve: $1"$'\n' "${@:2}" "$PROGRAMS/transfer" 8000; }
refuse '--net tap:single: the interface was made for one queue: leave queues= out, or make it by ip tuntap add single mode tap multi_queue' \
    "$uhyve" --net tap:single,queues=2
refuse '--net fd:11: no such descriptor is open' "$PROGRAMS/hand_over" single 1 "$uhyve" --net fd:10+11
refuse '--net fd:12: no such descriptor is open' "$PROGRAMS/hand_over" other 2 "$uhyve" --net fd:10+11+12
exec 12< /dev/null
refuse '--net fd:12: is neither a TAP nor a stream socket' "$PROGRAMS/hand_over" other 2 "$uhyve" --net fd:11+12
exec 12<&-
refuse '--net fd:10: is no queue of the same TAP as the first descriptor' \
    "$PROGRAMS/hand_over" single 1 bash -c 'exec 12<&10 && "$@"' - \
    "$PROGRAMS/hand_over" other 2 "$uhyve" --net fd:12+10
