#!/bin/bash
# curl takes a stream from a guest and gives it one, over IPv4 and IPv6, compared byte by byte at both
# ends; 64 MiB each, or 1 GiB with NET_FULL=1. What goes over the wire is as the protocols have it.
source "${BASH_SOURCE[0]%/*}/net.sh"

mib=64
((${NET_FULL:-0} == 0)) || mib=1024
bytes=$((mib << 20))

net_wire
net_dnsmasq
guest_start transfer transfer 8000
guest_reachable

sum=$("$LINUX_PROGRAMS/transfer" -$bytes | sha256sum)
for url in "${guest_urls[@]}"; do
    got=$(curl -gsS --max-time 300 "http://$url:8000/$bytes" | sha256sum)
    [[ $got == "$sum" ]] || fail "what came from $url is not what was sent"
    got=$("$LINUX_PROGRAMS/transfer" -$bytes |
        curl -gsS --max-time 300 -H 'Expect:' -H 'Transfer-Encoding:' -H "Content-Length: $bytes" \
            -T - "http://$url:8000/$bytes")
    [[ $got == 'the same' ]] || fail "what came at $url: $got"
done

# Lengths around those of segments and buffers, several on a connection.
net_capture
for url in "${guest_urls[@]}"; do
    for count in 1 1439 1440 1441 1460 1461 2921 65535 65536 65537 131073 1000003; do
        [[ $(curl -gsS --max-time 20 "http://$url:8000/$count" "http://$url:8000/$count" | sha256sum) == \
            "$({ "$LINUX_PROGRAMS/transfer" -$count && "$LINUX_PROGRAMS/transfer" -$count; } | sha256sum)" ]] ||
            fail "$count bytes from $url"
        "$LINUX_PROGRAMS/transfer" -$count > "$scratch/stream"
        [[ $(curl -gsS --max-time 20 -H 'Expect:' -T "$scratch/stream" "http://$url:8000/$count") == 'the same' ]] ||
            fail "$count bytes to $url"
    done
done
net_capture_end
((captured > 500)) || fail "$captured frames only"

# Both directions at once, four connections each.
for i in {1..4}; do
    url=${guest_urls[i % 2]}
    curl -gsS --max-time 200 "http://$url:8000/$((bytes / 8))" | sha256sum > "$scratch/down.$i" &
    curls[i]=$!
    "$LINUX_PROGRAMS/transfer" -$((bytes / 8)) |
        curl -gsS --max-time 200 -H 'Expect:' -H 'Transfer-Encoding:' -H "Content-Length: $((bytes / 8))" \
            -T - "http://$url:8000/$((bytes / 8))" > "$scratch/up.$i" &
    curls[i + 4]=$!
done
sum=$("$LINUX_PROGRAMS/transfer" -$((bytes / 8)) | sha256sum)
for i in {1..4}; do
    wait "${curls[i]}" && wait "${curls[i + 4]}" || fail "curl $i"
    [[ $(< "$scratch/down.$i") == "$sum" && $(< "$scratch/up.$i") == 'the same' ]] || fail "of several at once: $i"
done
guest_end
