#!/bin/bash
# A guest that connects and sends before it has an address: what is not to wait does not, and goes on when
# DHCP has answered. Where nobody answers, it is told in the end.
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "Linux programs have their addresses from elsewhere"
net_wire
guest_net=(--net "tap:tap0,mac=$guest_mac")
peer_start stream 'listening on' socat -d -d "TCP4-LISTEN:7001,bind=$host4" EXEC:cat
peer_start datagrams 'data transfer loop' \
    socat -d -d -u "UDP4-RECV:7001,bind=$host4" "CREATE:$scratch/datagram"
datagrams=$peer_pid

# ends NAME: waits for the guest's end, and until its log has all that it has said.
ends() {
    wait "$guest_pid" || fail "status $? of $1"
    wait "$guest_log"
}

guest_start early early "$host4" 7001
[[ $guest_line == waiting ]] || fail "$guest_line"
net_dnsmasq
ends early
[[ $(tail -n 2 "$scratch/early.log") == $'connect: Success\nsend: Success' ]] || fail "with an address"
until [[ $(< "$scratch/datagram") == early ]]; do
    kill -0 "$datagrams"
    sleep 0.02
done

kill "$(< "$scratch/dnsmasq.pid")"
guest_start alone early "$host4" 7001
[[ $guest_line == waiting ]] || fail "$guest_line"
ends alone
[[ $(tail -n 2 "$scratch/alone.log") == $'connect: Network is unreachable\nsend: Network is unreachable' ]] ||
    fail "without an address"
