#!/bin/bash
# Groups: what is sent to one comes to a guest that has joined it, of IPv4 and IPv6, and its datagrams go
# out; socat is the other side. More datagrams than the wire takes wait.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
net_capture
ip route add 239.0.0.0/8 dev $host_interface

for group in 239.1.2.3 ff15::1:2; do
    guest_start "ask$group" ask group $group 5000 2 send "$host4" 5001 left sleep 30
    [[ $guest_line == joined ]] || fail "$group: $guest_line"
    if [[ $group == *:* ]]; then
        to="UDP6-DATAGRAM:[$group]:5000"
    else
        to="UDP4-DATAGRAM:$group:5000,ip-multicast-if=$host4"
    fi
    timeout 20 socat -u "UDP4-RECV:5001,reuseaddr" "OPEN:$scratch/left,creat" &
    for text in one two; do printf %s $text | socat -u - "$to"; done
    grep -qm 1 sleeping < <(timeout 20 tail -n +1 -f "$scratch/ask$group.log") || fail "$group: not all came"
    [[ $(tr '\n' ' ' < "$scratch/ask$group.log") == 'joined one two sleeping ' ]] ||
        fail "$group: $(< "$scratch/ask$group.log")"
    [[ $group != *:* ]] || net_capture_end
    guest_end
done
tshark -r "$scratch/wire.pcap" -Y 'igmp.maddr == 239.1.2.3' 2> "$scratch/tshark.log" | grep -q . ||
    fail "nobody was told of 239.1.2.3"
tshark -r "$scratch/wire.pcap" -Y 'icmpv6.mldr.mar.multicast_address == ff15::1:2 || icmpv6.mld.multicast_address == ff15::1:2' \
    2> "$scratch/tshark.log" | grep -q . || fail "nobody was told of ff15::1:2"

for guest_cpus in 1 2; do
    expect --stdout 'failures 0
' guest ask flood "$host4" 9 200000
done
