#!/bin/bash
# The examples echo_threads, echo_epoll, client and time_server, with socat as their peers.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
head -c 3000000 /dev/urandom > "$scratch/random"

for program in echo_threads echo_epoll; do
    guest_start $program $program 7000
    [[ $guest_line == "$program: at port 7000" ]] || fail "$guest_line"
    guest_reachable
    for peer in "TCP4:$guest4:7000" "TCP6:[$guest6]:7000"; do
        expect --stdin "$scratch/random" --stdout-file "$scratch/random" timeout 20 socat -t 20 - "$peer"
        # Eight at once, and one that says nothing.
        sleep 20 | socat - "$peer" &
        for i in {1..8}; do
            timeout 20 socat -t 20 - "$peer" < "$scratch/random" > "$scratch/echo.$i" &
            echoes[i]=$!
        done
        for i in {1..8}; do
            wait "${echoes[i]}" || fail "socat $i"
            cmp "$scratch/echo.$i" "$scratch/random"
        done
    done
    guest_end
done

# A static address has no server of names with it: that is told by a file.
printf 'nameserver %s\n' "$host4" > "$scratch/resolv"
guest_options=(--volume "$scratch/resolv:/etc/resolv.conf:ro")

# The client: by name and by address, what it sends and what it is sent.
for kind in 4 6; do
    address=host$kind
    [[ $kind == 4 ]] && url=${!address} || url="[${!address}]"
    peer_start "socat$kind" 'listening on' \
        socat -d -d "TCP$kind-LISTEN:7001,bind=$url,reuseaddr,fork" EXEC:cat
    for name in "${!address}" server.example.test; do
        [[ $kind == 4 || $name != server* ]] || name=six.example.test
        expect --stdin "$scratch/random" --stdout-file "$scratch/random" guest client "$name" 7001
    done
    kill "$peer_pid"
done
expect --status 1 --stderr 'client: 10\.0\.5\.1: Connection refused
' guest client "$host4" 9
expect --status 1 --stderr "client: ${host6}: Connection refused
" guest client "$host6" 9
expect --status 1 --stderr 'client: no\.example\.test: .*
' guest client no.example.test 9

# The time, to the second.
guest_start time_server time_server 1313
guest_reachable
for peer in "UDP4:$guest4:1313" "UDP6:[$guest6]:1313"; do
    before=$(date +%s)
    told=$(date -d "$(echo | timeout 5 socat -t 2 - "$peer")" +%s)
    ((told >= before && told <= $(date +%s))) || fail "time: $told, not $before"
done
guest_end
