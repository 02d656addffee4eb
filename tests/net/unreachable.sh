#!/bin/bash
# Attempts to connect that routers refuse, that no neighbour takes, and that nobody answers.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
ip route add unreachable 10.9.9.1
ip route add blackhole 10.9.9.2
ip -6 route add unreachable fd00:9::1
if [[ ${NET_GUEST:-} == linux ]]; then
    in_guest_space ip -6 route add default via "$host6"
fi

# refused ADDRESS MOST_SECONDS [REASON]
refused() {
    local end=$((SECONDS + $2))
    expect --status 1 --stderr "client: ${1//./\\.}: ${3-No route to host}
" guest client "$1" 9
    ((SECONDS <= end)) || fail "$1 is refused after $((SECONDS - end + $2)) seconds"
}

refused 10.9.9.1 2
refused fd00:9::1 12 'Network is unreachable' # a router must have told of itself
refused 10.0.5.77 8
refused "${net6}77" 12

# Nobody answers: attempts after 1, 2, 4 and 8 seconds more; Linux makes some more at the beginning.
net_capture
guest_command_for client 10.9.9.2 9
expect --status 124 timeout 14 "${guest_command[@]}"
kill -INT "$tcpdump"
wait "$tcpdump"
attempts=$(tshark -r "$scratch/wire.pcap" -Y 'ip.dst == 10.9.9.2 && tcp.flags.syn == 1' 2> "$scratch/tshark.log" | wc -l)
((attempts >= 4 && attempts <= 10)) || fail "$attempts attempts"
