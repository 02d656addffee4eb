#!/bin/bash
# What a peer sees of a program's end: all bytes and the end of the stream, however slowly it reads; a
# reset when the program has not read everything; an end by a signal too. Peers that take nothing hold up
# no end for long. And of the end of a connection: one with the same ports behind it is refused when
# nobody listens any more.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
bytes=600000
sum=$(printf 'abcdefghijklmnop%.0s' {1..37500} | sha256sum)

# peer NAME COMMAND...: a peer that is there when this returns.
peer() { peer_start "$1" '(listening|receiving) on' timeout 15 socat -d -d "${@:2}"; }

# It begins to read when the program has long been gone on Linux.
peer slow -u "TCP4-LISTEN:9000,rcvbuf=16384" "SYSTEM:sleep 1; cat > $scratch/slow"
start=$SECONDS
guest ends send "$host4" 9000 $bytes exit || fail "status $?"
wait "$peer_pid" || fail "the slow peer: $?"
[[ $(sha256sum < "$scratch/slow") == "$sum" ]] || fail "of $bytes bytes there came $(stat -c %s "$scratch/slow")"
((SECONDS - start < 12)) || fail "the end took $((SECONDS - start)) s"

# A datagram, also to somebody whose hardware address nobody knows yet.
ip neighbour flush dev $host_interface
peer datagram -u "UDP4-RECVFROM:9001" "CREATE:$scratch/datagram"
guest ends datagram "$host4" 9001
timeout 5 tail --pid="$peer_pid" -f /dev/null || fail "no datagram"
[[ $(< "$scratch/datagram") == 'the last word' ]] || fail "the datagram: $(< "$scratch/datagram")"

# Who takes nothing.
peer nothing -u "SYSTEM:sleep 60" "TCP4-LISTEN:9002,rcvbuf=4096"
start=$SECONDS
guest ends send "$host4" 9002 60000 fault || fail "status $?"
((SECONDS - start < 6)) || fail "the end took $((SECONDS - start)) s for who takes nothing"

# What came was not read.
peer_start unread 'listening on' timeout 15 socat -d -d "TCP4-LISTEN:9003" "SYSTEM:echo unread; sleep 3; cat"
guest ends unread "$host4" 9003 || fail "status $?"
if wait "$peer_pid"; then
    wait "$peer_log"
    grep -q 'reset by peer' "$scratch/unread.log" || fail "no reset"
fi

# By a signal.
peer signal -u "TCP4-LISTEN:9004" "CREATE:$scratch/signal"
signal_peer=$peer_pid
guest_start ends ends wait "$host4" 9004
[[ $guest_line == 'ends: connected' ]] || fail "$guest_line"
guest_end
timeout 5 tail --pid="$signal_peer" -f /dev/null || fail "the peer does not see the end by a signal"
wait "$signal_peer" || fail "the peer sees $? of the end by a signal"

# The guest closes first, and keeps a little of the connection. The next one of these ports finds nobody.
guest_start ends ends closer 8000
socat -u "TCP4:$guest4:8000,sourceport=8001,reuseaddr" - || fail "no connection"
grep -qm 1 'ends: closed' < <(timeout 10 tail -n +1 -f "$scratch/ends.log") || fail "it is not closed"
# Of first segments alone: the end of the old connection may be sent again.
resent() { counter netstat TcpExt TCPSynRetrans; }
before=$(resent)
! timeout 5 socat -u "TCP4:$guest4:8000,sourceport=8001,reuseaddr" - 2> "$scratch/refused.log" ||
    fail "a connection to nobody"
grep -q 'Connection refused' "$scratch/refused.log" || fail "a connection to nobody is not refused"
# Linux first acknowledges what it keeps of the old one.
[[ ${NET_GUEST:-} == linux ]] || (($(resent) == before)) || fail "a connection to nobody is refused at the second attempt"
guest_lives
guest_end

# Connections that nobody reads keep buffers of the device, where memory is small all that may be kept;
# others are served all the same.
guest_options=(-m 64M)
guest_start ends ends stall 8100
for i in {1..6}; do
    socat -u /dev/zero "TCP4:$guest4:8100" &
    stalled[i]=$!
done
full() { ss -Htn state established "( dport = :8100 )" | awk '$2 > 100000' | wc -l; }
until (($(full) == 6)); do
    guest_lives
    sleep 0.02
done
ping -q -n -c 3 -i 0.2 -W 3 -s 1400 "$guest4" > "$scratch/ping.log" || fail "no answer beside connections that nobody reads"
kill "${stalled[@]}"
guest_end
guest_options=()

# Its own address, while the wire has frames with and without checksums.
guest_start ends ends own "$guest4"
[[ $guest_line == 'ends: all came' ]] || fail "by its own address: $guest_line"
