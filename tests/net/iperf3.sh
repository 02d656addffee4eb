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

# A server closes its listener at the end of each test, when the client may be gone already, and then makes
# a new one, of which it says so.
# server_begins NAME: who has just been started, and is asked in what follows.
server_begins() {
    server=$1 server_pid=$peer_pid tests=0
}

# Waits until the server listens for the next test.
server_listens() {
    local end=$((SECONDS + 15))
    tests=$((tests + 1))
    until (($(grep -c 'Server listening' "$scratch/$server.log") >= tests)); do
        kill -0 "$server_pid" 2> /dev/null || fail "the server is gone"
        ((SECONDS < end)) || fail "the server does not listen again"
        sleep 0.02
    done
}

# How many datagrams the sockets of the host had no room for: no fault of the guest.
without_room() {
    local six
    six=$(awk '$1 == "Udp6RcvbufErrors" { print $2 }' /proc/net/snmp6)
    echo $(($(counter snmp Udp RcvbufErrors) + six))
}

guest_start server "$iperf3" -s --forceflush
server_begins server
for address in "$guest4" "$guest6"; do
    guest_reachable "$address"
    for way in '' -R '-P 4' '-P 4 -R' --bidir; do
        server_listens
        # shellcheck disable=SC2086  # words
        timeout 30 /usr/bin/iperf3 -J -t 1 -c "$address" $way > "$scratch/result" || fail "iperf3 $way $address"
        moved sum_received 5000000
    done
    for way in '' -R; do
        server_listens
        before=$(without_room)
        # shellcheck disable=SC2086
        timeout 30 /usr/bin/iperf3 -J -u -b 20M -l 1200 -t 1 -c "$address" $way > "$scratch/result" ||
            fail "iperf3 -u $way $address"
        moved sum 2000000
        lost=$(tr -d ' \t\n' < "$scratch/result" | sed -nE 's/.*"sum":\{[^}]*"lost_packets":([0-9]+).*/\1/p')
        ((${lost:-1000} - ($(without_room) - before) < 100)) || fail "lost of UDP $way: ${lost:-?}"
    done
done
guest_end 1 # iperf3's own, when it is told to end

peer_start host 'listening' /usr/bin/iperf3 -s --forceflush
server_begins host
for address in "$host4" "$host6"; do
    for way in '' -R '-u -b 20M -l 1200' '-u -b 20M -l 1200 -R'; do
        server_listens
        # shellcheck disable=SC2086
        guest "$iperf3" -J -t 1 -c "$address" $way > "$scratch/result" || fail "iperf3 of the guest $way $address"
        if [[ $way == *-u* ]]; then moved sum 2000000; else moved sum_received 5000000; fi
    done
done
