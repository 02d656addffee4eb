#!/bin/bash
# Nothing is lost in streams over a bad wire: 5 % of frames lost, 50 ms on the way, others out of order or
# twice; one by one and all together, both ways, over IPv4 and IPv6.
source "${BASH_SOURCE[0]%/*}/net.sh"

# transfers BYTES URL: both ways at once.
transfers() {
    local up down
    "$LINUX_PROGRAMS/transfer" "-$1" > "$scratch/stream"
    curl -gsS --max-time 150 -H 'Expect:' -T "$scratch/stream" "http://$2:8000/$1" > "$scratch/up" &
    up=$!
    curl -gsS --max-time 150 "http://$2:8000/$1" > "$scratch/down" &
    down=$!
    wait $up || fail "up by $2 over $faults_now"
    wait $down || fail "down by $2 over $faults_now"
    [[ $(< "$scratch/up") == 'the same' ]] || fail "up by $2 over $faults_now: $(< "$scratch/up")"
    cmp "$scratch/down" "$scratch/stream"
}

# with_faults BYTES COUNT FAULT...: the wire counts something as COUNT in each direction.
with_faults() {
    faults_now="${*:3}"
    net_wire "${@:3}" --seed 7
    net_dnsmasq
    guest_start transfer transfer 8000
    guest_reachable
    for url in "${guest_urls[@]}"; do transfers "$1" "$url"; done
    guest_end
    net_wire_counts > "$scratch/counts"
    if [[ $2 != none ]]; then
        (($(grep -cE " $2 [1-9]" "$scratch/counts") == 2)) || fail "no fault $2: $(< "$scratch/counts")"
    fi
    ! grep -E 'overflown [1-9]' "$scratch/counts" || fail "the wire was full"
}

case ${1:-all} in
    loss) with_faults 1000000 lost --loss 5 ;;
    delay) with_faults 20000000 none --delay 50 ;;
    reordering) with_faults 20000000 reordered --reorder 10 --behind 3 ;;
    duplication) with_faults 20000000 duplicated --duplicate 10 ;;
    all) with_faults 300000 lost --loss 5 --delay 50 --reorder 5 --behind 20 --duplicate 5 ;;
esac
