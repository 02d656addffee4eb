#!/bin/bash
# Network cards that QEMU emulates, of programs that boot without the monitor: DHCP, IPv6 by what a router
# says (to all on the wire), ping, files by HTTP, streams both ways; two cards whose interrupts share a line.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this is about what the kernel library drives"
net_wire
net_dnsmasq "dhcp-host=$guest_mac,$guest4"
mkdir "$scratch/www"
head -c 8000000 /dev/urandom > "$scratch/www/large"
printf 'small\n' > "$scratch/www/small"
tar -C "$scratch/www" -cf "$scratch/archive" large small

console=(-serial stdio)

# card_start CARD CPUS PROGRAM ARGUMENTS [OPTION...]: until the program has said its first line.
card_start() {
    local machine
    machine=(timeout 100 qemu-system-x86_64 -no-user-config -nodefaults -M pc -accel tcg -smp "$2" -m 128
        -display none -no-reboot "${console[@]}" -kernel "$EXAMPLES/$3" -append "$4"
        -netdev "tap,id=wire,ifname=tap0,script=no,downscript=no" -device "$1,netdev=wire,mac=$guest_mac")
    peer_start "$1-$2-$3" ' at port ' "${machine[@]}" "${@:5}"
    guest_pid=$peer_pid
    guest_reachable "$guest4"
}

card_end() {
    guest_lives
    kill "$guest_pid"
    wait "$guest_pid" || true # QEMU's
}

files() {
    local url
    guest_reachable "$guest6"
    for url in "${guest_urls[@]}"; do
        [[ $(curl -gsS --max-time 10 "http://$url:8080/small") == small ]] || fail "$1: the small file by $url"
        curl -gsS --max-time 60 "http://$url:8080/large" | cmp - "$scratch/www/large" || fail "$1: by $url"
    done
    curl -sS --max-time 60 --parallel --parallel-immediate --parallel-max 8 -o "$scratch/copy.#1" \
        "http://$guest4:8080/large?[1-8]" 2> "$scratch/curl.log" || fail "$1: 8 at once"
    for copy in "$scratch"/copy.*; do cmp "$copy" "$scratch/www/large"; done
}

# Back and forth at once, and sizes of frames from the least to fragments.
streams() {
    local bytes
    timeout 60 socat -t 60 - "TCP4:$guest4:7777" < "$scratch/www/large" > "$scratch/echo" || fail "$1: socat"
    cmp "$scratch/echo" "$scratch/www/large" || fail "$1: what comes back is not what was sent"
    for bytes in 0 1 17 18 19 1471 1472 1473 4000; do
        timeout 20 ping -n -q -c 3 -i 0.01 -s $bytes "$guest4" > "$scratch/ping.log" || fail "$1: ping -s $bytes"
    done
    timeout 20 ping -n -q -f -c 1000 "$guest4" > "$scratch/ping.log" || fail "$1: ping -f"
    grep -q '1000 received' "$scratch/ping.log" || fail "$1: $(tail -n 2 "$scratch/ping.log")"
}

for card in e1000 e1000e rtl8139 virtio-net-pci; do
    for cpus in 1 2; do
        card_start $card $cpus httpd "8080 /" -initrd "$scratch/archive"
        files "$card, $cpus CPUs"
        card_end
        card_start $card $cpus echo_epoll 7777
        streams "$card, $cpus CPUs"
        card_end
    done
done

# Two of them on one line, and the console: what QEMU's own network sends comes by the other card.
console=(-chardev "stdio,id=console" -device "virtio-serial-pci,vectors=0,addr=8" -device "virtconsole,chardev=console")
card_start e1000,addr=3 1 echo_epoll 7777 -netdev user,id=other,hostfwd=tcp:127.0.0.1:7778-:7777 \
    -device rtl8139,addr=4,netdev=other
timeout 60 socat -t 60 - "TCP4:$guest4:7777" < "$scratch/www/large" > "$scratch/echo" &
first=$!
timeout 60 socat -t 60 - TCP4:127.0.0.1:7778 < "$scratch/www/large" > "$scratch/other" ||
    fail "two cards: by the second"
wait "$first" || fail "two cards: by the first"
for copy in echo other; do
    cmp "$scratch/$copy" "$scratch/www/large" || fail "two cards: what comes back is not what was sent"
done
card_end
