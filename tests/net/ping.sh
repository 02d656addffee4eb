#!/bin/bash
# ping over IPv4 and IPv6: sizes up to those that come in fragments, many in a row, and one behind the
# other without waiting.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
guest_start echo echo_threads 7000
guest_reachable
net_capture

# all_answered ADDRESS COUNT OPTION...
all_answered() {
    ping -q -n "${@:3}" -c "$2" -w 20 "$1" > "$scratch/ping.log" || fail "ping ${*:3} $1"
    grep -q "^$2 packets transmitted, $2 received, 0% packet loss" "$scratch/ping.log" || fail "ping ${*:3} $1"
    ! grep -q duplicates "$scratch/ping.log" || fail "answers came twice"
}

for address in "$guest4" "$guest6"; do
    for bytes in 0 1 56 1452 1453 1472 1473 4000 8000; do
        all_answered "$address" 3 -i 0.01 -s $bytes
    done
    all_answered "$address" 500 -i 0.002
    all_answered "$address" 2000 -f -l 20
done

# To all on the wire; and the guest has no answer for an address that is not its own.
ping -6 -q -n -c 2 -i 0.1 -w 10 "ff02::1%$host_interface" > "$scratch/ping.log" || fail "ff02::1"
! ping -q -n -c 1 -W 1 10.0.5.77 > "$scratch/ping.log" || fail "somebody answers for another"
net_capture_end
((captured > 10000)) || fail "$captured frames only"
guest_end
