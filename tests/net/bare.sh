#!/bin/bash
# Network cards in machines without the monitor, one thing for each case: what cards.sh, which is about the
# cards themselves, does not have.
# usage: bare.sh CASE; for "machines" and "link" behind it --all: everything, not what is quick alone
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this is about machines without the monitor"

# run_machine PROGRAM ARGUMENTS OPTION...: in the place of this shell.
run_machine() {
    exec timeout 100 qemu-system-x86_64 -no-user-config -nodefaults -accel tcg -display none -no-reboot \
        -serial stdio -kernel "$1" -append "$2" "${@:3}"
}

# The same in the background, until the program has said its first line.
machine_start() {
    peer_start machine "${first_line:- at port }" run_machine "$@"
    guest_pid=$peer_pid
}

machine_end() {
    guest_lives
    kill "$guest_pid"
    wait "$guest_pid" || true # QEMU's
}

# The console says so.
says() { grep -qF -- "$1" "$scratch/machine.log" || fail "the console does not say: $1"; }
says_not() { ! grep -qF -- "$1" "$scratch/machine.log" || fail "the console says: $1"; }

wire=(-netdev "tap,id=wire,ifname=tap0,script=no,downscript=no,vnet_hdr=off")

# A file there and back.
stream() {
    [[ -f $scratch/sent ]] || head -c 1000000 /dev/urandom > "$scratch/sent"
    timeout 30 socat -t 30 - "TCP4:$guest4:7777" < "$scratch/sent" > "$scratch/echo" || fail "$what: socat"
    cmp -s "$scratch/sent" "$scratch/echo" || fail "$what: what comes back is not what was sent"
}

# one_machine NAME CPUS OPTION...: a stream, with the card where the options say.
one_machine() {
    local queues='' begin_ms
    begin_ms=$(milliseconds)
    what=$1 wire_kind=()
    [[ $what != pairs* ]] || queues=,queues=4 wire_kind=(multi_queue)
    net_wire
    machine_start "$EXAMPLES/echo_epoll" "7777 -- env=UHYVE_IP=$guest4" -smp "$2" -m 128 \
        -global virtio-mmio.force-legacy=false -netdev "tap,id=wire,ifname=tap0,script=no,downscript=no$queues" \
        "${@:3}"
    says_not 'cannot be used'
    guest_reachable $guest4
    stream
    machine_end
    ip link delete tap0
    echo "$what: $(($(milliseconds) - begin_ms)) ms"
}

# one_link CARD: the guest sees that the wire is taken off and put back.
one_link() {
    local machine=(-M pc) state count end
    what=$1
    [[ $1 != *-device* ]] || machine=(-M microvm -global virtio-mmio.force-legacy=false)
    first_line=up machine_start "$PROGRAMS/ask" \
        "link $host4 up link $host4 down link $host4 up -- env=UHYVE_IP=$guest4" \
        "${machine[@]}" -m 64 "${wire[@]}" -device "$1,id=card,netdev=wire,mac=$guest_mac" \
        -monitor "unix:$scratch/monitor,server=on,wait=off"
    # What it says: up, down, up.
    for state in off on; do
        echo "set_link card $state" | socat -t 1 - "UNIX:$scratch/monitor" > "$scratch/answer"
        count=$([[ $state == off ]] && echo 2 || echo 3) end=$((SECONDS + 10))
        until (($(grep -cE '^(up|down)' "$scratch/machine.log") >= count)); do
            ((SECONDS < end)) || fail "$what: it does not see that the link is $state"
        done
    done
    wait "$guest_pid" || true
}

# The examples that cards.sh has not, on this card.
e1000=(-M pc -m 64 "${wire[@]}" -device "e1000,netdev=wire,mac=$guest_mac")

# A stream, then eight at once and one that says nothing.
example_echo_threads() {
    local i echoes=()
    machine_start "$EXAMPLES/echo_threads" "7777 -- env=UHYVE_IP=$guest4" "${e1000[@]}"
    guest_reachable "$guest4"
    stream
    sleep 30 | socat - "TCP4:$guest4:7777" &
    for i in {1..8}; do
        timeout 30 socat -t 30 - "TCP4:$guest4:7777" < "$scratch/sent" > "$scratch/echo.$i" &
        echoes[i]=$!
    done
    for i in {1..8}; do
        wait "${echoes[i]}" || fail "$what: socat $i"
        cmp -s "$scratch/sent" "$scratch/echo.$i" || fail "$what: $i is not what was sent"
    done
    machine_end
}

# It prints what the host sends, sends what is typed at the console, and ends.
example_client() {
    local keys end=$((SECONDS + 30))
    seq 30000 > "$scratch/numbers"
    peer_start listener 'listening on' socat -d -d -t 30 "TCP4-LISTEN:7001,bind=$host4,reuseaddr" \
        "SYSTEM:cat $scratch/numbers && exec cat > $scratch/typed"
    mkfifo "$scratch/keys"
    run_machine "$EXAMPLES/client" "$host4 7001 -- env=UHYVE_IP=$guest4" "${e1000[@]}" \
        < "$scratch/keys" > "$scratch/machine.log" 2>&1 &
    guest_pid=$!
    exec {keys}> "$scratch/keys"
    # What is typed comes back on the console: behind all else, it does not come amid it.
    until [[ $(tail -n 1 "$scratch/machine.log") == 30000$'\r' ]]; do
        guest_lives
        ((SECONDS < end)) || fail "$what: not all that was sent to it"
    done
    printf 'from the\rconsole\r\004' >&"$keys"
    wait "$guest_pid" || fail "$what: QEMU's status is $?"
    exec {keys}>&-
    wait "$peer_pid" || fail "$what: socat"
    { cat "$scratch/numbers" && printf 'from the\nconsole\nuhyve: ended with status 0\n'; } |
        cmp - <(tr -d '\r' < "$scratch/machine.log") || fail "$what: not what was sent to it"
    printf 'from the\nconsole\n' | cmp - "$scratch/typed" || fail "$what: not what it was to send"
    # Nobody listens any more.
    run_machine "$EXAMPLES/client" "$host4 7001 -- env=UHYVE_IP=$guest4" "${e1000[@]}" \
        < /dev/null > "$scratch/machine.log" &
    wait "$!" || fail "$what: QEMU's status is $?"
    says "client: $host4: Connection refused"
    says 'uhyve: ended with status 1'
}

# A machine's clock tells whole seconds at its start, the one that is over.
example_time_server() {
    local before told clock
    machine_start "$EXAMPLES/time_server" "1313 -- env=UHYVE_IP=$guest4" "${e1000[@]}"
    guest_reachable "$guest4"
    before=$(date +%s)
    exec {clock}<> "/dev/udp/$guest4/1313"
    echo >&"$clock"
    told=$(timeout 10 head -n 1 <&"$clock") || fail "$what: no answer"
    exec {clock}>&-
    told=$(date -d "$told" +%s)
    ((told >= before - 1 && told <= $(date +%s))) || fail "$what: $told, not $before"
    machine_end
}

case $1 in
    examples)
        net_wire
        for what in echo_threads client time_server; do "example_$what"; done
        ;;
    machines)
        while read -r name when cpus options; do
            [[ $when == short || ($when == all && ${2:-} == --all) ]] || continue
            read -ra options <<< "${options//%/netdev=wire,mac=$guest_mac}"
            one_machine "$name" "$cpus" "${options[@]}"
        done < "${BASH_SOURCE[0]%/*}/bare_machines.txt"
        ;;
    link)
        net_wire
        cards=(e1000 "virtio-net-pci,vectors=1")
        [[ ${2:-} != --all ]] ||
            cards+=(e1000e rtl8139 virtio-net-pci "virtio-net-pci,vectors=0" virtio-net-device)
        for card in "${cards[@]}"; do one_link "$card"; done
        ;;
    address)
        # Nobody answers DHCP on this wire.
        net_wire
        start() {
            local words='' word
            for word; do words+=" env=$word"; done
            machine_start "$EXAMPLES/echo_epoll" "7777 --$words" -M pc -m 64 "${wire[@]}" \
                -device e1000,netdev=wire,mac=$guest_mac
        }
        what=address
        start UHYVE_IP=$guest4
        guest_reachable $guest4
        stream
        says_not 'environment variable'
        machine_end
        # The names of both; UHYVE_ goes first, and what is empty counts as not set. A host of another network is
        # answered by way of the gateway: only if the mask is the one that was said.
        ip address add 10.0.7.1/32 dev lo
        echo 1 > /proc/sys/net/ipv4/conf/tap0/arp_ignore # nor is it there for who takes it for a neighbour
        start HERMIT_IP=$guest4 UHYVE_IP= HERMIT_MASK=255.0.0.0 UHYVE_MASK=255.255.255.252 HERMIT_GATEWAY=$host4
        guest_reachable $guest4
        timeout 10 ping -n -q -c 1 -W 5 -I 10.0.7.1 $guest4 > "$scratch/ping.log" || fail "not by its gateway"
        machine_end
        for wrong in "UHYVE_IP=10.0.5|IP: not as 10.0.0.2" \
            "HERMIT_IP=$guest4 UHYVE_MASK=255.0.255.0|MASK: not as 255.255.255.0" \
            "UHYVE_IP=$guest4 HERMIT_GATEWAY=x|GATEWAY: not as 10.0.0.1"; do
            read -ra words <<< "${wrong%|*}"
            start "${words[@]}"
            says "uhyve: environment variable UHYVE_ or HERMIT_${wrong#*|}: the address is asked for by DHCP"
            machine_end
        done
        ;;
    sent)
        # What was sent interrupts only if much is on its way. The 82574L has causes of its own for that.
        net_wire
        what=sent count=400 first_line='all are sent'
        machine_start "$PROGRAMS/datagrams" "$host4 $count 0 -- env=UHYVE_IP=$guest4" -M q35 -m 64 "${wire[@]}" \
            -device e1000e,netdev=wire,mac=$guest_mac \
            -trace "enable=e1000e_irq_msix_notify_vec,file=$scratch/messages"
        (($(awk '$1 == "tap0:" { print $3 }' /proc/net/dev) >= count)) || fail "some were not sent"
        machine_end
        messages=$(grep -c e1000e_irq_msix_notify_vec "$scratch/messages") || fail "no interrupt at all"
        echo "$count frames, $messages interrupts"
        ((messages < count / 10)) || fail "an interrupt for what is sent"
        ;;
    late)
        # The RTL8139 reaches memory below 4 GiB alone, here 64 MiB; a program uses it up before its first socket.
        net_wire
        what=late first_line='all are sent'
        machine_start "$PROGRAMS/datagrams" "$host4 10 100 -- env=UHYVE_IP=$guest4" -M pc,max-ram-below-4g=64M \
            -m 192 "${wire[@]}" -device rtl8139,netdev=wire,mac=$guest_mac
        says_not 'cannot be used'
        guest_reachable $guest4
        machine_end
        ;;
    jumbo)
        # QEMU's RTL8139 writes what is longer than a frame may be behind the ring's end.
        net_wire
        ip link set tap0 mtu 65521
        what=jumbo
        machine_start "$EXAMPLES/echo_epoll" "7777 -- env=UHYVE_IP=$guest4" -M pc -m 64 "${wire[@]}" \
            -device rtl8139,netdev=wire,mac=$guest_mac
        guest_reachable $guest4
        for size in 30000 40000 50000 65000; do
            ping -n -q -c 30 -i 0.002 -W 0.1 -s $size $guest4 > "$scratch/ping.log" && fail "$what: an answer"
            ping -n -q -c 1 -W 5 $guest4 > "$scratch/ping.log" || fail "$what: no answer behind $size bytes"
        done
        ip link set tap0 mtu 1500
        stream
        machine_end
        ;;
    refused)
        net_wire
        what=refused
        machine_start "$EXAMPLES/echo_epoll" 7777 -M pc -m 64 "${wire[@]}" \
            -device virtio-net-pci,netdev=wire,disable-modern=on
        says 'PCI device 0x1af4, 0x1000: its virtio is older than 1.0 (QEMU: disable-modern=off)'
        machine_end
        ;;
    many)
        # The first eight are used, and those beyond are told of.
        net_wire
        for kind in e1000 virtio-net-device; do
            machine=(-M q35)
            [[ $kind == e1000 ]] ||
                machine=(-M "microvm,auto-kernel-cmdline=off" -global virtio-mmio.force-legacy=false)
            others=()
            for i in {1..9}; do others+=(-netdev "hubport,id=n$i,hubid=$i" -device "$kind,netdev=n$i"); done
            machine_start "$EXAMPLES/echo_epoll" "7777 -- env=UHYVE_IP=$guest4" "${machine[@]}" -m 128 "${wire[@]}" \
                -device "$kind,netdev=wire,mac=$guest_mac" "${others[@]}"
            count=$(grep -c 'cannot be used: .*: there are 8 network devices already' "$scratch/machine.log") || true
            [[ $count == 2 ]] || fail "$kind: of 10 cards, $count are told of"
            machine_end
        done
        ;;
    named)
        # Devices that the command line names, and that are not there: a word, and then the slots are looked into.
        net_wire
        what=named
        for wrong in 0x1000000000000:5 0xd0000000000:5 0xfffffffffffffff0:5 0xfea00000:5 0xfeb00001:5 0x0:5; do
            machine_start "$EXAMPLES/echo_epoll" \
                "7777 virtio_mmio.device=512@$wrong -- env=UHYVE_IP=$guest4" \
                -M microvm,auto-kernel-cmdline=off -m 64 "${wire[@]}" -global virtio-mmio.force-legacy=false \
                -device virtio-net-device,netdev=wire,mac=$guest_mac
            says "virtio-mmio at ${wrong%:*}: no device is there"
            guest_reachable $guest4
            machine_end
        done
        ;;
    *) fail "unknown case: $1" ;;
esac
