#!/bin/bash
# ping over IPv4 and IPv6: sizes up to those that come in fragments, many in a row, and one behind the
# other without waiting.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
guest_start echo echo_threads 7000
guest_reachable
net_capture

# asked ADDRESS COUNT OPTION...: ping looks at what the answers carry. Whether all are answered, the wire
# tells in the end: ping waits for its last answer no longer than for others, here 10 ms.
asked() {
    timeout 20 ping -n "${@:3}" -c "$2" "$1" > "$scratch/ping.log" || fail "ping ${*:3} $1"
    grep -q "^$2 packets transmitted" "$scratch/ping.log" || fail "ping ${*:3} $1"
    ! grep -qE 'DUP!|wrong data|truncated|errors' "$scratch/ping.log" || fail "answers to ping ${*:3} $1"
    asked_count=$((asked_count + $2))
}

# echoes FILTER FIELD...: process and number of each message of that kind.
echoes() { tshark -r "$scratch/wire.pcap" -Y "$1" -T fields "${@:2}" 2> "$scratch/tshark.log" | LC_ALL=C sort; }

asked_count=0
for address in "$guest4" "$guest6"; do
    for bytes in 0 1 56 1452 1453 1472 1473 4000 8000; do
        asked "$address" 3 -i 0.01 -s $bytes
    done
    asked "$address" 500 -i 0.002
    asked "$address" 2000 -f -l 20
done

# To all on the wire; and the guest has no answer for an address that is not its own.
ping -6 -q -n -c 2 -i 0.1 -w 10 "ff02::1%$host_interface" > "$scratch/ping.log" || fail "ff02::1"
! ping -q -n -c 1 -W 1 10.0.5.77 > "$scratch/ping.log" || fail "somebody answers for another"
net_capture_end
ids4=(-e icmp.ident -e icmp.seq)
ids6=(-e icmpv6.echo.identifier -e icmpv6.echo.sequence_number)
{
    echoes "icmp.type == 8 && ip.dst == $guest4" "${ids4[@]}"
    echoes "icmpv6.type == 128 && ipv6.dst == $guest6" "${ids6[@]}"
} > "$scratch/requests"
{
    echoes "icmp.type == 0 && ip.src == $guest4" "${ids4[@]}"
    echoes "icmpv6.type == 129 && ipv6.src == $guest6" "${ids6[@]}"
} > "$scratch/replies"
(($(wc -l < "$scratch/requests") == asked_count)) || fail "requests: $(wc -l < "$scratch/requests") of $asked_count"
diff "$scratch/requests" "$scratch/replies" > "$scratch/diff.log" || fail "requests and answers differ"
guest_end
