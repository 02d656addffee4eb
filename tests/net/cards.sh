#!/bin/bash
# Network cards that QEMU emulates, of programs that boot without the monitor: DHCP, IPv6 by what a router
# says (to all on the wire), ping, a file by HTTP, a stream there and back; that what the guest sends has the
# checksums that it must have, and that what comes with a wrong one is dropped. Two cards on one line.
# usage: cards.sh [--all [PAGE]]: with all machines, and how many seconds each part took as a table, which goes
# into the page between its marks.
#        cards.sh --runs FOLDER BYTES RUN...: only these, with so large a file; writes their rows into the folder
# shellcheck source-path=SCRIPTDIR

if [[ ${1:-} != --runs ]]; then
    source "${BASH_SOURCE[0]%/*}/../expect.sh"
    source "${BASH_SOURCE[0]%/*}/../boot/table.sh"
    # Number, card, machine, processor, CPUs. virtio has the host make and check its checksums, unless told otherwise.
    by_itself=csum=off,guest_csum=off
    runs=() bytes=$((1 << 20))
    add() { runs+=("${#runs[@]} $*"); }
    if [[ ${1:-} == --all ]]; then
        bytes=$((8 << 20))
        for card in e1000 e1000e rtl8139 virtio-net-{pci,device}{,",$by_itself"}; do
            machines=(pc q35)
            [[ $card != *-device* ]] || machines=(microvm)
            for machine in "${machines[@]}"; do
                for processor in Opteron_G1 max; do
                    for cpus in 1 2; do add "$card" "$machine" "$processor" "$cpus"; done
                done
            done
        done
    else
        add e1000 pc Opteron_G1 1
        add e1000e q35 max 2
        add rtl8139 q35 Opteron_G1 2
        add virtio-net-pci pc max 1
        add "virtio-net-device,$by_itself" microvm max 2
    fi
    add two
    # Two at once, each with a network of its own; they end with this one.
    for job in 0 1; do
        mine=()
        for ((i = job; i < ${#runs[@]}; i += 2)); do mine+=("${runs[i]}"); done
        setpriv --pdeathsig KILL "$0" --runs "$scratch" "$bytes" "${mine[@]}" &
    done
    status=0
    for job in 0 1; do wait -n || status=$?; done
    ((status == 0)) || exit $status
    (($(wc -l < "$scratch/rows") == ${#runs[@]} - 1)) || fail "runs are missing"
    if [[ -n ${2:-} ]]; then
        { echo "0|card|machine|processor|CPUs|start|ping|HTTP|start|stream|checksums" && sort -n "$scratch/rows"; } |
            cut -d '|' -f 2- | table_print 3 | table_write "$2" cards
    fi
    exit
fi

source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this is about what the kernel library drives"
folder=$2 bytes=$3
shift 3

net_wire
net_dnsmasq "dhcp-host=$guest_mac,$guest4"
mkdir "$scratch/www"
head -c "$bytes" /dev/urandom > "$scratch/www/large"
large_sum=$(sha256sum < "$scratch/www/large")
printf 'small\n' > "$scratch/www/small"
tar -C "$scratch/www" -cf "$scratch/archive" large small

console=(-serial stdio)

# card_start PROGRAM ARGUMENTS [OPTION...]: on $machine with $card, until the program has said its first line.
card_start() {
    local options wire=tap,id=wire,ifname=tap0,script=no,downscript=no
    # Of a real card the whole frame is on the wire: QEMU does not leave its checksums to the host.
    [[ $card == virtio* ]] || wire+=,vnet_hdr=off
    options=(-no-user-config -nodefaults -M "$machine" -accel tcg -cpu "$processor" -smp "$cpus" -m 128
        -display none -no-reboot "${console[@]}" -kernel "$EXAMPLES/$1" -append "$2"
        -netdev "$wire" -device "$card,netdev=wire,mac=$guest_mac")
    [[ $machine != microvm ]] || options+=(-global virtio-mmio.force-legacy=false)
    peer_start "$1" ' at port ' timeout 200 qemu-system-x86_64 "${options[@]}" "${@:3}"
    guest_pid=$peer_pid
    guest_reachable "$guest4"
}

card_end() {
    guest_lives
    kill "$guest_pid"
    wait "$guest_pid" || true # QEMU's
}

is_large() { [[ $(sha256sum) == "$large_sum" ]]; }

# ---- What each card must do ----

# Sizes of frames from the least to fragments, and many.
pings() {
    local size before end
    for size in 0 1 17 18 19 1471 1472 1473 4000; do
        timeout 20 ping -n -q -c 3 -i 0.01 -s $size "$guest4" > "$scratch/ping.log" || fail "$what: ping -s $size"
    done
    # ping does not wait long for its last answer, the kernel counts it all the same.
    before=$(counter snmp Icmp InEchoReps)
    timeout 60 ping -n -q -f -c 500 "$guest4" > "$scratch/ping.log" || fail "$what: ping -f"
    end=$((SECONDS + 10))
    until (($(counter snmp Icmp InEchoReps) >= before + 500)); do
        ((SECONDS < end)) || fail "$what: $(tail -n 2 "$scratch/ping.log")"
        sleep 0.05
    done
    guest_reachable "$guest6"
}

files() {
    local url
    for url in "${guest_urls[@]}"; do
        [[ $(curl -gsS --max-time 30 "http://$url:8080/small") == small ]] || fail "$what: the small file by $url"
        curl -gsS --max-time 60 "http://$url:8080/large" | is_large || fail "$what: by $url"
    done
    curl -sS --max-time 60 --parallel --parallel-immediate --parallel-max 4 -o "$scratch/copy.#1" \
        "http://$guest4:8080/large?[1-4]" 2> "$scratch/curl.log" || fail "$what: 4 at once"
    for copy in "$scratch"/copy.*; do is_large < "$copy" || fail "$what: 4 at once: other bytes"; done
}

# Both ways at once.
stream() {
    timeout 60 socat -t 60 - "TCP4:$guest4:7777" < "$scratch/www/large" > "$scratch/echo" || fail "$what: socat"
    is_large < "$scratch/echo" || fail "$what: what comes back is not what was sent"
}

# ---- Checksums ----

# send PROTOCOL BEGIN WRONG WORD...: a packet of these words (four digits), in which the checksum goes to the place BEGIN;
# that is wrong by so much. UDP and TCP count the addresses and the length, too.
send() {
    local protocol=$1 place=$2 sum=0 word text=''
    local words=("${@:4}")
    ((protocol == 1)) || sum=$((0x0a00 + 0x0501 + 0x0a00 + 0x0502 + protocol + 2 * ${#words[@]}))
    for word in "${words[@]}"; do sum=$((sum + 0x$word)); done
    while ((sum > 0xffff)); do sum=$(((sum >> 16) + (sum & 0xffff))); done
    printf -v "words[$place]" %04x $((((sum ^ 0xffff) + $3) & 0xffff))
    for word in "${words[@]}"; do text+="\\x${word:0:2}\\x${word:2}"; done
    # shellcheck disable=SC2059 # it is a format
    printf "$text" | socat -u - "IP4-SENDTO:$guest4:$protocol"
}

# An echo request with this number; a datagram to a port where nobody is, which is answered by ICMP; the begin of a
# connection, from this port.
probes() {
    send 1 1 "$1" 0800 0000 "$2" 0001
    send 17 3 "$1" 9c40 "$2" 0008 0000
    send 6 8 "$1" "$2" 1e61 0000 0001 0000 0000 5002 0400 0000 0000
}

# The checksums of what comes from the guest, and what it has answered: only the probes without mistake. A virtio
# device may leave it to the other side. QEMU writes TCP's checksum 0 as 0xffff, which is the same to who adds it up.
checksums() {
    local tshark=(tshark -r "$scratch/wire.pcap" -Y "eth.src == $guest_mac" -T fields -E "separator=;") option
    probes 1 bad0
    probes 0 600d
    ping -n -q -c 1 -W 5 "$guest4" > "$scratch/ping.log" || fail "$what: no answer behind the probes"
    net_capture_stop
    for option in ip tcp udp icmp icmpv6; do
        [[ $option == icmp* ]] || tshark+=(-o "$option.check_checksum:TRUE")
        tshark+=(-e "$option.checksum.status")
    done
    "${tshark[@]}" -e icmp.ident -e udp.dstport -e tcp.dstport -e tcp.checksum 2> "$scratch/tshark.log" > "$scratch/frames"
    awk -F ';' -v partial="$([[ $card == virtio* && $card != *csum=off* ]] && echo 1)" '
        function is_bad(status) { return status ~ /(^|,)(0|Bad)(,|$)/ }
        { frames++ }
        is_bad($1) || is_bad($4) || is_bad($5) || !partial && (is_bad($2) && $9 != "0xffff" || is_bad($3) && $4 == "") { bad++ }
        { if ($6 ~ /47824|0xbad0/ || $7 ~ /47824/ || $8 == 47824) wrong++ }
        $6 ~ /24589|0x600d/ { echo_answers++ }
        $7 ~ /24589/ { unreachable++ }
        $8 == 24589 { connections++ }
        END {
            printf "%d frames, %d with a wrong checksum; %d wrong ones answered, right ones: %d %d %d\n",
                frames, bad, wrong, echo_answers, unreachable, connections
            exit frames < 50 || bad > 0 || wrong > 0 || !echo_answers || !unreachable || !connections
        }' "$scratch/frames" > "$scratch/checksums" || fail "$what: $(cat "$scratch/checksums")"
}

# ---- All of them ----

# part COMMAND: adds the seconds that it took to the row.
part() {
    local begin_ms took_ms
    begin_ms=$(milliseconds)
    "$@"
    took_ms=$(($(milliseconds) - begin_ms))
    printf -v row '%s|%d.%d' "$row" $((took_ms / 1000)) $((took_ms % 1000 / 100))
}

one_card() {
    row="$card|$machine|$processor|$cpus"
    part card_start httpd "8080 /" -initrd "$scratch/archive"
    part pings
    part files
    card_end
    net_capture
    part card_start echo_epoll 7777
    part stream
    part checksums
    card_end
    rm -f "$scratch"/*.log "$scratch"/copy.*
    echo "$row: $(< "$scratch/checksums")"
    echo "$number|$row" >> "$folder/rows"
}

# On one line, and the console: what QEMU's own network sends comes by the other card.
two_cards() {
    local first copy
    console=(-chardev "stdio,id=console" -device "virtio-serial-pci,vectors=0,addr=8"
        -device "virtconsole,chardev=console")
    card=e1000,addr=3 machine=pc processor=qemu64 cpus=1
    card_start echo_epoll 7777 -netdev user,id=other,hostfwd=tcp:127.0.0.1:7778-:7777 \
        -device rtl8139,addr=4,netdev=other
    timeout 60 socat -t 60 - "TCP4:$guest4:7777" < "$scratch/www/large" > "$scratch/echo" &
    first=$!
    timeout 60 socat -t 60 - TCP4:127.0.0.1:7778 < "$scratch/www/large" > "$scratch/other" ||
        fail "two cards: by the second"
    wait "$first" || fail "two cards: by the first"
    for copy in echo other; do
        is_large < "$scratch/$copy" || fail "two cards: what comes back is not what was sent"
    done
    card_end
    console=(-serial stdio)
}

for what; do
    read -r number card machine processor cpus <<< "$what"
    what=${what#* }
    if [[ $card == two ]]; then
        two_cards
    else
        one_card
    fi
done
