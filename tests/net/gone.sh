#!/bin/bash
# The peer goes in the middle of a transfer, with a word and without one; the interface goes down and comes
# back. What cannot go on is told to the program, what can goes on, and others are served.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
guest_start transfer transfer 8000
guest_reachable

# says PATTERN: waits until the guest has printed such a line.
says() {
    grep -qm 1 -E "$1" < <(timeout 20 tail -n +1 -f --pid="$guest_pid" "$scratch/transfer.log") ||
        fail "the guest does not say $1"
    : > "$scratch/transfer.log"
}

# still_serves URL
still_serves() {
    [[ $(curl -gsS --max-time 20 "http://$1:8000/100000" | sha256sum) == \
        "$("$LINUX_PROGRAMS/transfer" -100000 | sha256sum)" ]] || fail "$1 is not served"
}

for url in "${guest_urls[@]}"; do
    # curl is killed while it reads, and while it writes.
    rm -f "$scratch/body"
    curl -gsS --limit-rate 1M "http://$url:8000/1000000000" > "$scratch/body" &
    curl_pid=$!
    until [[ -s $scratch/body ]]; do
        kill -0 $curl_pid
        sleep 0.02
    done
    kill -KILL $curl_pid
    wait $curl_pid 2> "$scratch/killed" || true
    says 'give: .* of 1000000000 bytes: (Connection reset by peer|Broken pipe)'
    still_serves "$url"

    mkfifo "$scratch/endless"
    curl -gsS -H 'Expect:' -H 'Transfer-Encoding:' -H 'Content-Length: 1000000000' -T "$scratch/endless" \
        "http://$url:8000/1000000000" &
    curl_pid=$!
    exec {endless}> "$scratch/endless"
    "$LINUX_PROGRAMS/transfer" -3000000 >&"$endless"
    kill -KILL $curl_pid
    wait $curl_pid 2> "$scratch/killed" || true
    exec {endless}>&-
    rm "$scratch/endless"
    says 'take: .* of 1000000000 bytes: (Connection reset by peer|end of the connection)'
    still_serves "$url"
done

# A guest that was stopped for longer than its keep-alive probes take has not asked, and its peers are there.
exec {idle}<> "/dev/tcp/$guest4/8000"
read -r -t 1 _ <> <(:) || true
kill -STOP "$guest_pid"
read -r -t 7 _ <> <(:) || true
kill -CONT "$guest_pid"
read -r -t 1 _ <> <(:) || true
printf 'GET /5 HTTP/1.1\r\nConnection: close\r\n\r\n' >&"$idle"
[[ $(timeout 20 head -n 1 <&"$idle") == $'HTTP/1.1 200 OK\r' ]] || fail "a connection is gone after a stop"
exec {idle}>&-

# Down and up: the streams go on where they were.
for url in "${guest_urls[@]}"; do
    curl -gsS --max-time 60 --limit-rate 4M "http://$url:8000/20000000" > "$scratch/down" &
    down=$!
    "$LINUX_PROGRAMS/transfer" -20000000 > "$scratch/stream"
    curl -gsS --max-time 60 --limit-rate 4M -H 'Expect:' -T "$scratch/stream" "http://$url:8000/20000000" > "$scratch/up" &
    up=$!
    until (($(stat -c %s "$scratch/down") > 2000000)); do
        kill -0 $down
        sleep 0.02
    done
    ip link set tap0 down
    read -r -t 1 _ <> <(:) || true
    ip link set tap0 up
    # With the interface its IPv6 addresses have gone.
    ip address replace "$host6/64" dev tap0 nodad
    wait $down || fail "down by $url"
    wait $up || fail "up by $url"
    cmp "$scratch/down" "$scratch/stream"
    [[ $(< "$scratch/up") == 'the same' ]] || fail "up by $url: $(< "$scratch/up")"
done

# Nothing more is heard of the peer, on a connection where nothing is to be sent.
exec {idle}<> "/dev/tcp/$guest4/8000"
printf 'G' >&"$idle"
# The guest has the connection for certain, and waits for no acknowledgement, when it has acknowledged a byte.
until [[ $(ss -Htn state established "( dport = :8000 )" | awk '{ print $2 }') == 0 ]]; do
    guest_lives
    sleep 0.02
done
ip link set tap0 down
says 'idle: .*: (Connection timed out|No route to host)'
guest_lives
guest_end
