#!/bin/bash
# Connections on which nothing happens wake nobody up: neither a thread of the monitor nor its processor
# time tells those of a guest with a hundred from one without.
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this counts the monitor's threads"
net_wire
guest_start echo echo_threads 7000
guest_reachable "$guest4"

# wakes: how often threads of the monitor have begun to run after they slept.
wakes() { awk '/^voluntary/ { sum += $2 } END { print sum }' /proc/"$guest_pid"/task/*/status; }
# Ticks of 10 ms that they ran.
ticks() { awk '{ sum += $14 + $15 } END { print sum }' /proc/"$guest_pid"/task/*/stat; }

# quiet SECONDS: sets `woken` and `ran`.
quiet() {
    local wakes_before ticks_before
    wakes_before=$(wakes)
    ticks_before=$(ticks)
    read -r -t "$1" _ <> <(:) || true
    woken=$(($(wakes) - wakes_before))
    ran=$(($(ticks) - ticks_before))
}

# What a network says when it comes up is over.
quiet 5
quiet 5
woken_without=$woken
echo "without connections: $woken wake-ups, $ran ticks in 5 s"

mkfifo "$scratch/silence"
# Held open: nothing comes, and no end.
exec 5<> "$scratch/silence"
for _ in {1..100}; do socat -u "OPEN:$scratch/silence" "TCP4:$guest4:7000" & done
until (($(ss -Htn state established "( dport = :7000 )" | wc -l) == 100)); do
    guest_lives
    sleep 0.02
done
quiet 3
quiet 5
echo "with 100: $woken wake-ups, $ran ticks in 5 s"
((woken <= woken_without + 5)) || fail "$woken wake-ups with 100 connections, $woken_without without"
((woken <= 10 && ran <= 2)) || fail "$woken wake-ups and $ran ticks"
guest_end
