#!/bin/bash
# Addresses of a guest behind a TAP interface, in a network name space of the test's own: given by
# option, and leased from dnsmasq, which sees them renewed when it has said; ping reaches them, small
# and in fragments, by IPv4 and IPv6. An address that the host has is reported.
if [[ ${1:-} != inside ]]; then
    ((EUID == 0)) && command -v dnsmasq ping > /dev/null && [[ -c /dev/net/tun ]] || exit 77
    exec unshare -n "$0" inside
fi
source "${BASH_SOURCE[0]%/*}/../../expect.sh"

ip link set lo up
ip tuntap add dev tap0 mode tap vnet_hdr
ip addr add 10.9.0.1/24 dev tap0
ip addr add fd00:9::1/64 dev tap0 nodad
# While it looks who else has its own link-local address it is no router.
echo 0 > /proc/sys/net/ipv6/conf/tap0/accept_dad
ip link set tap0 up

dnsmasq=
trap '[[ -z $dnsmasq ]] || kill "$dnsmasq"; rm -rf "$scratch"' EXIT

has() {
    grep -qE "$1" "$2" || {
        cat "$2" >&2
        fail "$2 has no $1"
    }
}

# The guest runs until ping has come back, and prints its addresses before and after.
mkfifo "$scratch/go"
start() {
    "$uhyve" --net "$1" "$PROGRAMS/address" < "$scratch/go" > "$scratch/out" 2> "$scratch/err" &
    guest=$!
    exec 5> "$scratch/go"
}
finish() {
    exec 5>&-
    wait "$guest" || fail "the guest failed: $(cat "$scratch/err")"
}

start tap:tap0,ip=10.9.0.2/24,gateway=10.9.0.1
ping -q -c 3 -i 0.2 -w 5 10.9.0.2 > "$scratch/ping" || fail "no answer to ping"
ping -q -c 2 -i 0.2 -w 5 -s 20000 10.9.0.2 > "$scratch/ping" || fail "no answer to fragments"
finish
has '^eth0 inet 10\.9\.0\.2 mask 255\.255\.255\.0 gateway 10\.9\.0\.1$' "$scratch/out"
[[ ! -s $scratch/err ]] || fail "$(cat "$scratch/err")"

start tap:tap0,ip=10.9.0.1/24
# The guest's end would be the end of its asking, too.
for ((i = 0; i < 200; i++)); do
    ! grep -q '^uhyve: eth0: ' "$scratch/err" || break
    sleep 0.1
done
finish
has "^uhyve: eth0: .* 10\.9\.0\.1, too: $(ip -br link show tap0 | awk '{ print $3 }')\$" "$scratch/err"

: > "$scratch/log"
dnsmasq --keep-in-foreground --interface=tap0 --bind-interfaces --no-ping --port=0 --no-hosts \
    --dhcp-range=10.9.0.50,10.9.0.50,2m --dhcp-option=option:T1,4 --dhcp-option=option:T2,8 \
    --enable-ra --dhcp-range=fd00:9::,ra-only,64 --ra-param=tap0,4,60 --log-dhcp --log-facility=- \
    --dhcp-leasefile="$scratch/leases" --no-resolv --user=root --conf-file=/dev/null > "$scratch/log" 2>&1 &
dnsmasq=$!
# A guest that asks before it serves asks again only after seconds.
until grep -q 'started' "$scratch/log"; do
    kill -0 "$dnsmasq"
    sleep 0.02
done
start tap:tap0
for ((i = 0; i < 100; i++)); do
    (($(grep -c DHCPACK "$scratch/log") < 2)) || break
    sleep 0.1
done
has 'DHCPACK.* 10\.9\.0\.50 ' "$scratch/log"
(($(grep -c DHCPACK "$scratch/log") >= 2)) || fail "the lease is not renewed: $(cat "$scratch/log")"
ping -q -c 3 -i 0.2 -w 5 10.9.0.50 > "$scratch/ping" || fail "no answer to ping"
mac=$(awk '{ print $2 }' "$scratch/leases")
IFS=: read -r a b c d e f <<< "$mac"
# The modified EUI-64: RFC 4291, appendix A.
eui=$(printf '%02x%s:%sff:fe%s:%s%s' $((0x$a ^ 2)) "$b" "$c" "$d" "$e" "$f")
# An address takes its time, and ping gives up early when the host says that nobody has it.
end=$((SECONDS + 15))
until ping -q -6 -c 1 -W 1 "fd00:9::$eui" > "$scratch/ping" 2>&1; do
    ((SECONDS < end)) || fail "nobody has the address of IPv6"
    sleep 0.1
done
ping -q -6 -c 3 -i 0.2 -w 10 "fd00:9::$eui" > "$scratch/ping" || fail "no answer to ping by IPv6"
ping -q -6 -c 2 -i 0.2 -w 5 -s 20000 "fd00:9::$eui" > "$scratch/ping" || fail "no answer to IPv6 fragments"
finish
has '^eth0 inet 10\.9\.0\.50 ' "$scratch/out"
has '^eth0 inet6 FD00:9::' "$scratch/out"
