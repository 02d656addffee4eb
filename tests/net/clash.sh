#!/bin/bash
# Somebody else on the wire has the guest's address, of IPv4, IPv6 or the interface: the guest reports it.
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this is what a guest reports"
net_wire
net_dnsmasq
host_mac=$(ip -o link show tap0 | sed -E "s/.*ether ([0-9a-f:]+) .*/\1/")

# reports REGEX: starts a guest and waits until it has printed such a line on standard error.
reports() {
    guest_start guest echo_threads 7000
    grep -qim 1 -E "$1" < <(timeout 15 tail -n +1 -f --pid="$guest_pid" "$scratch/guest.log") ||
        fail "no report of $1"
    guest_end
}

ip address add "$guest4/32" dev tap0
reports "^uhyve: .*10\\.0\\.5\\.2.*$host_mac"
ip address del "$guest4/32" dev tap0

# The guest makes it of prefix and MAC address, and asks whether it is somebody's.
ip address add "$guest6/128" dev tap0 nodad
reports "^uhyve: .*${net6%:}(0:|:)${guest6#"$net6"}"
ip address del "$guest6/128" dev tap0

# A MAC address of two: what comes from there looks as if the guest had sent it itself.
ip link set tap0 address "$guest_mac"
reports "^uhyve: .*$guest_mac"
ip link set tap0 address "$host_mac"

# The program's own standard error is a connection of the network, which is not to wait for itself.
peer_start stderr 'listening on' socat -d -d -u TCP4-LISTEN:9000 "CREATE:$scratch/stderr"
guest_start stderr-guest ends stderr "$host4" 9000
[[ $guest_line == 'ends: connected' ]] || fail "$guest_line"
ip address add "$guest4/32" dev tap0
# Who has the address asks for another one's.
! ping -q -n -c 1 -W 1 -I "$guest4" 10.0.5.77 > "$scratch/ping.log" || fail "somebody is 10.0.5.77"
grep -qim 1 "^uhyve: .*10\\.0\\.5\\.2" < <(timeout 15 tail -n +1 -f --pid="$guest_pid" "$scratch/stderr-guest.log") ||
    fail "no report of a program whose standard error is a connection"
ip address del "$guest4/32" dev tap0
ip neighbour flush dev tap0
guest_reachable "$guest4"
guest_end

# And nothing is reported of a wire where all is well.
guest_start quiet echo_threads 7000
guest_reachable
! grep '^uhyve:' "$scratch/quiet.log" || fail "a report without a reason"
