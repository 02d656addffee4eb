#!/bin/bash
# 10 000 connections are opened and closed, over IPv4 and IPv6, and floods of first segments go by: after
# that the guest has the memory and the descriptors that it had, and still answers.
source "${BASH_SOURCE[0]%/*}/net.sh"

net_wire
net_dnsmasq
# Who closes first has no use for the port for a minute.
echo '10000 60999' > /proc/sys/net/ipv4/ip_local_port_range
guest_start transfer transfer 8000
guest_reachable

# The client closes first; with NET_FULL=1 the guest does, and has forgotten that after a minute.
first=client forget_s=0
if [[ ${NET_FULL:-} == 1 ]]; then
    first=server forget_s=65
fi

# connections URL COUNT: so many, at most 100 at once, each for one request.
connections() {
    curl -sS --max-time 120 --parallel --parallel-immediate --parallel-max 100 \
        -H 'Connection: close' -H "Close-First: $first" --no-keepalive -o "$scratch/body" -w '%{http_code} %{num_connects}\n' \
        "http://$1:8000/100?[1-$2]" > "$scratch/codes" 2> "$scratch/curl.log" || fail "connections to $1"
    [[ $(sort "$scratch/codes" | uniq -c) =~ ^\ *$2\ 200\ 1$ ]] || fail "$(sort "$scratch/codes" | uniq -c)"
}

# Sets `descriptors`, that are open, and `free_kib`, memory.
state() {
    local names
    read -r names descriptors names free_kib < <(curl -sS --max-time 30 "http://$guest4:8000/state")
    [[ $names == free ]] || fail "no state"
}

# The same when the guest is at rest: its threads for the last connections have gone. (What is free on Linux
# is the whole machine's, which may have none.)
state_at_rest() {
    local seen='' end=$((SECONDS + 20))
    state
    until [[ $seen == "$descriptors $free_kib" ]] || ((SECONDS >= end)); do
        seen="$descriptors $free_kib"
        sleep 0.2
        state
    done
}

# Whether nothing has leaked since the state "before", but for some connections that are just being closed.
has_state() {
    ((descriptors < before_descriptors + 50)) &&
        { [[ ${NET_GUEST:-} == linux ]] || ((free_kib > before_kib - 1024)); }
}

# keeps_state COUNT: whether the guest has the same state behind so many connections to each address, when
# threads that are about to end have ended.
keeps_state() {
    local url end
    state_at_rest
    before_descriptors=$descriptors before_kib=$free_kib
    for url in "${guest_urls[@]}"; do connections "$url" "$1"; done
    end=$((SECONDS + 5))
    state
    until has_state; do
        if ((SECONDS >= end)); then
            echo "behind $1 connections to each: descriptors $descriptors, KiB free $free_kib;" \
                "before: $before_descriptors, $before_kib"
            return 1
        fi
        sleep 0.1
        state
    done
}

# Who closes first keeps a little of each connection for a minute (TIME-WAIT): that is over then. And heaps
# keep what they had once: what the first ten thousand and the floods have taken is enough for the next.
for url in "${guest_urls[@]}"; do connections "$url" 5000; done
end=$((SECONDS + forget_s))

for address in "$guest4" "$guest6"; do
    # A transfer that has begun goes on meanwhile.
    [[ $address != *:* ]] && url=$address || url="[$address]"
    curl -gsS --max-time 60 --limit-rate 3M "http://$url:8000/8000000" > "$scratch/slow" &
    curl_pid=$!
    until [[ -s $scratch/slow ]]; do
        kill -0 $curl_pid
        sleep 0.02
    done
    "$PROGRAMS/synflood" tap0 "$guest_mac" "$address" 8000 2 > "$scratch/flood"
    (($(< "$scratch/flood") > 10000)) || fail "no flood: $(< "$scratch/flood")"
    wait $curl_pid || fail "the transfer in the flood"
    cmp "$scratch/slow" <("$LINUX_PROGRAMS/transfer" -8000000)
    # Who comes after the flood is served at once, or when asking once more.
    [[ $(curl -gsS --max-time 5 "http://$url:8000/100" | wc -c) == 100 ]] || fail "no answer after the flood"
done
((SECONDS >= end)) || read -r -t $((end - SECONDS)) _ <> <(:) || true
# malloc's memory comes in chunks of 2 MiB, of which it may keep some more or less: once. A leak is there each
# time, and is a chunk at least when there are twice as many connections.
keeps_state 5000 || keeps_state 10000 || keeps_state 10000 || fail "descriptors or memory leak"
guest_end
