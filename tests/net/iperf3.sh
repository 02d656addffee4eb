#!/bin/bash
# iperf3 in a guest and iperf3 on the host, as server and as client, both directions, TCP and UDP, IPv4 and
# IPv6, several streams.
source "${BASH_SOURCE[0]%/*}/net.sh"

iperf3=$PROGRAMS/iperf3/source/src/iperf3
[[ ${NET_GUEST:-} != linux ]] || iperf3=/usr/bin/iperf3
[[ -x $iperf3 ]] || skip "iperf3 was not built: net.build-iperf3 says why"
LINUX_PROGRAMS=/usr/bin

net_wire
net_dnsmasq

# moved FIELD LEAST: the sum in the result.
moved() {
    local bytes
    bytes=$(tr -d ' \t\n' < "$scratch/result" | sed -nE "s/.*\"$1\":\{[^}]*\"bytes\":([0-9]+).*/\1/p")
    ((${bytes:-0} > $2)) || fail "moved: ${bytes:-nothing}"
}

guest_start server "$iperf3" -s --forceflush
for address in "$guest4" "$guest6"; do
    guest_reachable "$address"
    for way in '' -R '-P 4' '-P 4 -R' --bidir; do
        # shellcheck disable=SC2086  # words
        timeout 30 /usr/bin/iperf3 -J -t 1 -c "$address" $way > "$scratch/result" || fail "iperf3 $way $address"
        moved sum_received 5000000
    done
    for way in '' -R; do
        # shellcheck disable=SC2086
        timeout 30 /usr/bin/iperf3 -J -u -b 20M -l 1200 -t 1 -c "$address" $way > "$scratch/result" ||
            fail "iperf3 -u $way $address"
        moved sum 2000000
        lost=$(tr -d ' \t\n' < "$scratch/result" | sed -nE 's/.*"sum":\{[^}]*"lost_packets":([0-9]+).*/\1/p')
        ((${lost:-1000} < 100)) || fail "lost of UDP $way: ${lost:-?}"
    done
done
guest_end 1 # iperf3's own, when it is told to end

peer_start host 'listening' /usr/bin/iperf3 -s --forceflush
for address in "$host4" "$host6"; do
    for way in '' -R '-u -b 20M -l 1200' '-u -b 20M -l 1200 -R'; do
        # shellcheck disable=SC2086
        guest "$iperf3" -J -t 1 -c "$address" $way > "$scratch/result" || fail "iperf3 of the guest $way $address"
        if [[ $way == *-u* ]]; then moved sum 2000000; else moved sum_received 5000000; fi
    done
done
