#!/bin/bash
# dnsmasq gives the guest an address, and again before it ends; with it come a router and a server of names.
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "Linux programs have their addresses from elsewhere"
net_wire
# Renewed after 4 seconds; without a word of the server's until 8, by asking everybody.
net_dnsmasq 'dhcp-option=option:T1,4' 'dhcp-option=option:T2,8' 'dhcp-option=option:router,10.0.5.1' \
    "dhcp-option=option:dns-server,$host4"
net_capture
guest_net=(--net "tap:tap0,mac=$guest_mac")
guest_options=(--hostname unikernel)
guest_start ask ask name server.example.test interfaces sleep 30


read -r _ mac address name _ < "$scratch/leases" || fail "no lease"
[[ $mac == "$guest_mac" && $address == 10.0.5.1[0-9][0-9] ]] || fail "lease: $mac $address"
[[ $name == unikernel ]] || fail "the name in the lease: $name"
[[ $guest_line == "$host4" ]] || fail "server.example.test is $guest_line"
grep -qm 1 sleeping < <(timeout 20 tail -n +1 -f "$scratch/ask.log") || fail "no interfaces"
grep -q " $address/24\$" "$scratch/ask.log" || fail "its address is not $address"
[[ $(dig +short "@$host4" unikernel.example.test) == "$address" ]] || fail "the name of the guest"

# Twice renewed, and its own all the time.
acknowledged() { grep -c "DHCPACK(tap0) $address $guest_mac" "$scratch/dnsmasq.log" || true; }
before=$(acknowledged)
timeout 25 tail -n 0 -f "$scratch/dnsmasq.log" | grep -m 2 --line-buffered "DHCPACK(tap0) $address" > "$scratch/acks" || true
(($(wc -l < "$scratch/acks") == 2)) || fail "not renewed twice: $before acknowledgements, then $(< "$scratch/acks")"
ping -q -n -c 3 -i 0.1 -w 5 "$address" > "$scratch/ping.log" || fail "no answer after the renewal"
net_capture_end
guest_end
# The renewal goes to the server alone, from the address.
tshark -r "$scratch/wire.pcap" -Y "dhcp.option.dhcp == 3 && ip.src == $address && ip.dst == $host4" \
    2> "$scratch/tshark.log" | grep -q . || fail "no renewal by unicast"

# Another run, another address option: a second interface's own.
guest_net=(--net "tap:tap0,mac=$guest_mac" --net "tap:tap1,ip=10.0.6.2/24")
ip tuntap add tap1 mode tap vnet_hdr
ip link set tap1 up
ip address add 10.0.6.1/24 dev tap1
guest_start ask2 echo_threads 7000
guest_reachable 10.0.6.2 "$address"
guest_end
