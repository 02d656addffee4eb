#!/bin/bash
# The network without privileges: published ports over IPv4 and IPv6, TCP and UDP, ways out, names; and
# ports that are taken.
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this is what the monitor does"
ip link set lo up
folder=$scratch/www
mkdir "$folder"
head -c 5000000 /dev/urandom > "$folder/file"
guest_options=(--volume "$folder:$folder:ro")

guest_net=(--net user -p 127.0.0.1:8080:80 -p '[::1]:8080:80')
guest_start httpd httpd 80 "$folder"
# A connection by IPv6 is ended as long as the guest has no address.
end=$((SECONDS + 15))
until curl -gsS --max-time 5 'http://[::1]:8080/none' > "$scratch/body" 2> "$scratch/curl.log"; do
    guest_lives
    ((SECONDS < end)) || fail "no answer by IPv6"
done
for url in 127.0.0.1 '[::1]'; do
    curl -gsS --max-time 30 "http://$url:8080/file" | cmp - "$folder/file"
    curl -sS --max-time 60 --parallel --parallel-immediate --parallel-max 50 -o "$scratch/copy.#1" \
        "http://$url:8080/file?[1-50]" 2> "$scratch/curl.log" || fail "50 at once at $url"
    for copy in "$scratch"/copy.*; do cmp "$copy" "$folder/file"; done
done
# While this one has the port, another cannot.
guest_net=(--net user -p 127.0.0.1:8080:81)
expect --status 125 --stderr 'uhyve: [^
]*8080[^
]*(in use|taken)[^
]*
' guest echo_threads 7000
guest_end

guest_net=(--net user -p 127.0.0.1:1313:13/udp)
guest_start time_server time_server 13
# asks SECONDS: sets `answer` to what is answered to a datagram, if anything is so soon.
asks() {
    local socket
    exec {socket}<> /dev/udp/127.0.0.1/1313
    echo >&"$socket"
    answer=$(timeout "$1" head -n 1 <&"$socket") || true
    exec {socket}>&-
}
# For a guest that has no address yet nothing is kept for long; afterwards nothing is lost.
end=$((SECONDS + 15))
until asks 1 && [[ -n $answer ]]; do
    guest_lives
    ((SECONDS < end)) || fail "nobody tells the time"
done
for _ in {1..20}; do
    asks 5
    [[ -n $answer ]] || fail "a datagram is lost"
    told=$(date -d "$answer" +%s)
    ((told >= $(date +%s) - 10)) || fail "time: $told"
done
expect --status 125 --stderr 'uhyve: [^
]*1313[^
]*(in use|taken)[^
]*
' guest echo_threads 7000
guest_end

# Out: to the host, which is 10.0.2.2, by address, and by names that the host's own server knows.
cat > "$scratch/dns.conf" << CONF
interface=lo
bind-interfaces
no-resolv
no-hosts
host-record=server.example.test,10.0.2.2
user=root
group=root
CONF
run_dnsmasq "$scratch/dns.conf"
printf 'nameserver 127.0.0.1\n' > "$scratch/resolv.conf"
mount --bind "$scratch/resolv.conf" /etc/resolv.conf
peer_start socat 'listening on' socat -d -d TCP4-LISTEN:7001,bind=127.0.0.1,reuseaddr,fork EXEC:cat
guest_options=()
guest_net=(--net user)
for name in 10.0.2.2 server.example.test; do
    expect --stdin "$folder/file" --stdout-file "$folder/file" guest client $name 7001
done
expect --stdout $'10\\.0\\.2\\.2\n(.*\n)*eth0 10\\.0\\.2\\.15/24\n(.*\n)*all interfaces\n' \
    guest ask name server.example.test interfaces

# A network that would be dead, and descriptors that are the monitor's own, are errors.
guest_net=(--net "user,gateway=192.168.1.1")
expect --status 125 --stderr 'uhyve: --net user: gateway= is not [^
]*
' guest echo_threads 7000
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
for fd in 3 4 5 6 7 8 9; do
    guest_net=(--net user --net "fd:$fd")
    expect --status 125 --stderr "uhyve: --net fd:$fd: (no such|was not handed over)[^
]*
" guest echo_threads 7000
done

# When the program beside the monitor ends, that says so, once; the guest lives.
guest_net=(--net user)
guest_start lost echo_threads 7000
kill -KILL "$(pgrep -P "$guest_pid" -x uhyve-net-user)"
grep -qm 1 -Fx 'uhyve: eth0: user network has ended' < <(timeout 20 tail -n +1 -f --pid="$guest_pid" "$scratch/lost.log") ||
    fail "nobody says that the network has ended"
guest_end
(($(grep -c ended "$scratch/lost.log") == 1)) || fail "it is said twice"

# One that is stopped holds nobody up, and ends when it goes on.
guest_command_for transfer -3000000
mkfifo "$scratch/stream"
"${guest_command[@]}" > "$scratch/stream" &
guest_pid=$!
exec {stream}< "$scratch/stream"
head -c 1 <&"$stream" > "$scratch/body"
helper=$(pgrep -P "$guest_pid" -x uhyve-net-user)
kill -STOP "$helper"
begin=$SECONDS
cat <&"$stream" > "$scratch/body"
wait "$guest_pid"
((SECONDS - begin <= 5)) || fail "a stuck program holds the monitor up"
kill -CONT "$helper"
while kill -0 "$helper" 2> /dev/null; do
    ((SECONDS - begin <= 10)) || fail "it does not end"
    sleep 0.02
done
