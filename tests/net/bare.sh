#!/bin/bash
# Network cards in machines without the monitor, one thing for each case: what cards.sh, which is about the
# cards themselves, does not have.
# usage: bare.sh CASE
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/net.sh"

[[ ${NET_GUEST:-} != linux ]] || skip "this is about machines without the monitor"

# machine_start PROGRAM ARGUMENTS OPTION...: until the program has said its first line.
machine_start() {
    peer_start machine "${first_line:- at port }" timeout 100 qemu-system-x86_64 -no-user-config -nodefaults \
        -accel tcg -display none -no-reboot -serial stdio -kernel "$1" -append "$2" "${@:3}"
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

case $1 in
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
    *) fail "unknown case: $1" ;;
esac
