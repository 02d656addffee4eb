#!/bin/bash
# net.sh WAY SIDE FIGURE CONNECTIONS SECONDS: one measurement of the network, in a network of its own that
# goes with it. WAY is tap or user, SIDE is guest or linux: a guest with a TAP against a Linux program
# behind a veth, a guest with --net user against a Linux program behind slirp4netns. The peer is a Linux
# program, or wrk. Prints "FIGURE VALUE UNIT" on standard error.
#
# UHYVE, GUESTS and LINUX name the monitor and the folders of programs.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin

if [[ ${BENCH_NET_INSIDE:-} != 1 ]]; then
    spaces=(--net --mount --pid --fork --kill-child --mount-proc)
    ((EUID == 0)) || spaces+=(--user --map-root-user)
    BENCH_NET_INSIDE=1 exec unshare "${spaces[@]}" --propagation private "$BASH" "$0" "$@"
fi

way=$1 side=$2 figure=$3 connections=$4 seconds=$5
mount -t tmpfs none /run
mkdir /run/www
head -c 1024 /dev/zero | tr '\0' x > /run/www/1k
# On both sides in memory: Linux has the file in its cache.
tar -C /run -cf /run/www.tar www
ip link set lo up

die() {
    echo "net.sh: $1" >&2
    exit 1
}

# start COMMAND...: in the background, and waits until it has written something.
start() {
    local fifo=/run/fifo
    mkfifo $fifo
    "$@" > $fifo &
    started=$!
    exec {output}< $fifo
    rm $fifo
    read -r -n 1 _ <&"$output" || die "$1 does not start"
}

case $way-$side in
    tap-guest)
        ip tuntap add tap0 mode tap vnet_hdr
        run=("$UHYVE" --net "tap:tap0,ip=10.0.5.2/24" --initrd /run/www.tar)
        programs=$GUESTS
        ;;
    tap-linux)
        ip netns add linux
        ip link add tap0 type veth peer name eth0 netns linux
        ip netns exec linux ip link set lo up
        ip netns exec linux ip link set eth0 up
        ip netns exec linux ip address add 10.0.5.2/24 dev eth0
        run=(ip netns exec linux)
        programs=$LINUX
        ;;
    user-guest)
        run=("$UHYVE" --net user -p 127.0.0.1:8080:8080 --initrd /run/www.tar)
        programs=$GUESTS
        ;;
    user-linux)
        # A process that holds the name space, which slirp4netns then gives a network.
        start unshare --net bash -c 'echo; exec sleep infinity'
        held=$started
        start bash -c 'exec slirp4netns --configure --mtu=65520 --api-socket /run/slirp --ready-fd 3 "$0" tap0 \
            3>&1 > /run/slirp.log 2>&1' "$held"
        run=(nsenter --net="/proc/$held/ns/net")
        programs=$LINUX
        printf '{"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_addr": "127.0.0.1", "host_port": 8080, "guest_port": 8080}}' |
            socat -t 5 - UNIX-CONNECT:/run/slirp | grep -q '"return"' || die "slirp4netns forwards nothing"
        ;;
    *) die "what is $way $side?" ;;
esac
if [[ $way == tap ]]; then
    ip link set tap0 up
    ip address add 10.0.5.1/24 dev tap0
    host=10.0.5.1 guest=10.0.5.2
else
    host=10.0.2.2 guest=127.0.0.1
fi

if [[ $figure != http_requests ]]; then
    start "$LINUX/net_peer" serve 5201
    "${run[@]}" "$programs/net_peer" "$figure" $host 5201 "$connections" "$seconds"
    exit
fi
[[ $side != guest ]] || folder=/www
start "${run[@]}" "$programs/httpd" 8080 "${folder:-/run/www}"
# The first request is not measured: it may have to find the way.
curl -sS --max-time 20 -o /dev/null "http://$guest:8080/1k"
wrk -t 1 -c "$connections" -d "$seconds" "http://$guest:8080/1k" > /run/wrk.log
! grep -E 'Socket errors|Non-2xx' /run/wrk.log >&2 || die "requests failed"
awk '/^Requests\/sec:/ { print "http_requests", $2, "1/s" }' /run/wrk.log >&2
