#!/bin/bash
# Network cards in machines by libvirt: ping, and a file by HTTP with its checksum. What else cards must do, on more
# machines, is for tests/net/cards.sh, which runs QEMU itself.
# shellcheck source-path=SCRIPTDIR
source "${BASH_SOURCE[0]%/*}/boot.sh"
libvirt_enter "$0" "$@"

host4=10.0.7.1 guest4=10.0.7.2
ip link set lo up
ip tuntap add tap0 mode tap 2> /dev/null || {
    echo "skipped: no TAP devices here"
    exit 77
}
ip address add "$host4/24" dev tap0
ip link set tap0 up

mkdir "$scratch/www"
head -c 2000000 /dev/urandom > "$scratch/www/large"
sum=$(sha256sum < "$scratch/www/large")
boot_module=$scratch/archive
tar -C "$scratch/www" -cf "$boot_module" large

# Those that the kernel has counted: ping does not wait long for its last one.
echo_answers() {
    awk '$1 == "Icmp:" && !names { names = split($0, name); next }
        $1 == "Icmp:" { for (i = 1; i <= names; i++) if (name[i] == "InEchoReps") print $i }' /proc/net/snmp
}

# card MODEL MACHINE PROCESSOR CPUS
card() {
    local booting got before end
    machine=$2 processor=$3 cpus=$4 by=libvirt memory_mib=64
    libvirt_network="<interface type='ethernet'><target dev='tap0' managed='no'/><model type='$1'/></interface>"
    : > "$scratch/console"
    boot "$EXAMPLES/httpd" 8080 -- env=UHYVE_IP="$guest4" env=UHYVE_MASK=255.255.255.0 &
    booting=$!
    until grep -q ' at port ' "$scratch/console" && ping -n -c 1 -W 1 "$guest4" > /dev/null; do
        kill -0 $booting 2> /dev/null || fail "$*: it has ended: $(cat "$scratch/machine.log" "$scratch/console")"
        sleep 0.05
    done
    before=$(echo_answers)
    ping -n -q -i 0.01 -c 100 -s 1400 "$guest4" > "$scratch/ping" || fail "$*: no answer to ping"
    end=$((SECONDS + 10))
    until (($(echo_answers) >= before + 100)); do
        ((SECONDS < end)) || fail "$*: pings are lost: $(tail -n 2 "$scratch/ping")"
        sleep 0.05
    done
    got=$(curl -sS --max-time 30 "http://$guest4:8080/large" | sha256sum)
    [[ $got == "$sum" ]] || fail "$*: other bytes came"
    virsh -q -c "$libvirt_uri" destroy "$(virsh -q -c "$libvirt_uri" list --name)"
    wait $booting
}

boot_limit_s=30
libvirt_start
card e1000 pc qemu64 1
card e1000e q35 max 2
card rtl8139 pc Opteron_G1 2
card virtio q35 qemu64 4
