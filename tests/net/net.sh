# To be sourced by tests of the network: runs the test in a network of its own, and guests in it.
#
# The network is a name space with the interface tap0, which has addresses, a dnsmasq (DHCP, DNS, IPv6's
# router advertisements) and whatever peers the test starts. With it come name spaces of processes,
# mounts and, where the caller is not root, users: all of it is gone with the test, however that ends.
#
# NET_GUEST=linux runs the same sources as Linux programs behind a veth in place of guests: what the
# tests expect, they expect of that too. NET_QUEUES=N gives tap0 so many queues.
# shellcheck shell=bash disable=SC2034,SC2119,SC2120

guest_mac=52:54:00:a1:b2:c3
host4=10.0.5.1
guest4=10.0.5.2
net6=fd00:a1:b2::
host6=${net6}1
guest6=${net6}5054:ff:fea1:b2c3 # made of the prefix and the MAC address

skip() {
    echo "skipped: $1"
    exit 77
}

if [[ ${NET_INSIDE:-} != 1 ]]; then
    [[ -w /dev/net/tun ]] || skip "no access to /dev/net/tun"
    spaces=(--net --mount --pid --fork --kill-child --mount-proc)
    ((EUID == 0)) || spaces+=(--user --map-root-user)
    unshare "${spaces[@]}" true 2> /dev/null || skip "no name spaces of its own here"
    NET_INSIDE=1 exec unshare "${spaces[@]}" --propagation private "$BASH" "$0" "$@"
fi
# What is in here is gone with the mount.
mount -t tmpfs -o mode=755 none /run
export TMPDIR=/run
PATH=$PATH:/usr/sbin:/sbin

source "${BASH_SOURCE[0]%/*}/../expect.sh"

# Runs at the end, above all to say why a test failed.
trap 'status=$?; if ((status != 0 && status != 77)); then net_show; fi; exit $status' EXIT

net_show() {
    local file
    for file in "$scratch"/*.log; do
        if [[ -s $file ]]; then
            printf -- '---- %s:\n' "${file##*/}" >&2
            tail -n 20 "$file" | cut -c 1-300 >&2
        fi
    done
}

# ---- The wire ----

# What else tap0 is, as "ip tuntap add" has it.
wire_kind=(${NET_QUEUES:+multi_queue})

# Whether the host looks for others with its own link-local address (1): for some seconds it is no router.
net_looks=0

# net_wire [FAULT...]: makes tap0 with the host's addresses. With arguments (of faults.c) there is a bad
# wire between the two: tap0 is bridged to its one end, and the addresses are at the other, which is the
# only one without offloads, so that each frame on it is one that a real wire would carry.
net_wire() {
    host_interface=tap0
    ip link set lo up
    if [[ ${NET_GUEST:-} == linux ]]; then
        ip netns add guest
        ip link add tap0 type veth peer name eth0 netns guest
        in_guest_space ip link set eth0 address "$guest_mac"
        in_guest_space ip link set eth0 up
        in_guest_space ip link set lo up
        in_guest_space ip address add "$guest4/24" dev eth0
        in_guest_space ip address add "$guest6/64" dev eth0 nodad
        in_guest_space ip route add default via "$host4"
    else
        ip tuntap add tap0 mode tap vnet_hdr "${wire_kind[@]}"
    fi
    if (($# > 0)); then
        peer_start faults '^ready$' "$PROGRAMS/faults" wire0 wire1 "$@"
        faults=$peer_pid
        ip link add bridge0 type bridge
        ip link set dev tap0 master bridge0
        ip link set dev wire0 master bridge0 up
        ip link set dev bridge0 up
        host_interface=wire1
        # Frames that are delayed are many.
        ip link set dev wire0 txqueuelen 10000
        ip link set dev wire1 txqueuelen 10000
    fi
    # The host is the router: it makes no second address of what it announces itself, and does not look who
    # else has its own while guests ask for one.
    echo 0 > /proc/sys/net/ipv6/conf/$host_interface/accept_ra
    echo "$net_looks" > /proc/sys/net/ipv6/conf/$host_interface/accept_dad
    ip link set tap0 up
    ip link set $host_interface up
    ip address add "$host4/24" dev $host_interface
    ip address add "$host6/64" dev $host_interface nodad
}

# Tells the counts of the bad wire so far: "there: came N lost N ...\nback: came N ...".
net_wire_counts() {
    local lines
    lines=$(wc -l < "$scratch/faults.log")
    kill -USR1 "$faults"
    until (($(wc -l < "$scratch/faults.log") >= lines + 2)); do
        kill -0 "$faults"
        sleep 0.02
    done
    tail -n 2 "$scratch/faults.log"
}

in_guest_space() { ip netns exec guest "$@"; }

# ---- Peers ----

# peer_start NAME PATTERN COMMAND...: starts a command in the background and waits until it has printed a
# line with the extended regular expression, which is in $peer_line. Its output and errors are in
# NAME.log, its process $peer_pid; all that it has said is there when the process $peer_log has ended.
peer_start() {
    local name=$1 pattern=$2 fifo=$scratch/$1.fifo output
    shift 2
    mkfifo "$fifo"
    "$@" > "$fifo" 2>&1 < /dev/null &
    peer_pid=$!
    exec {output}< "$fifo"
    rm "$fifo"
    : > "$scratch/$name.log"
    while IFS= read -r peer_line; do
        printf '%s\n' "$peer_line" >> "$scratch/$name.log"
        [[ ! $peer_line =~ $pattern ]] || break
    done <&"$output"
    [[ -n $peer_line && $peer_line =~ $pattern ]] || fail "$name does not start"
    cat <&"$output" >> "$scratch/$name.log" &
    peer_log=$!
    exec {output}<&-
}

# run_dnsmasq CONFIGURATION: until it serves. It sets its groups, which an ordinary user may not do in a
# name space, unless it stays in the foreground.
run_dnsmasq() {
    if [[ $(< /proc/self/setgroups) == allow ]]; then
        dnsmasq --conf-file="$1" --pid-file="$scratch/dnsmasq.pid" || fail "dnsmasq does not start"
    else
        peer_start dnsmasq-messages 'started' dnsmasq --no-daemon --conf-file="$1" --log-facility=-
        echo "$peer_pid" > "$scratch/dnsmasq.pid"
        ln -sf dnsmasq-messages.log "$scratch/dnsmasq.log"
    fi
}

# net_dnsmasq [OPTION...]: serves addresses and names on the wire. Guests get any address from 10.0.5.100
# on, or make theirs of the prefix for IPv6.
net_dnsmasq() {
    cat > "$scratch/dnsmasq.conf" << CONF
interface=$host_interface
bind-dynamic
no-resolv
no-hosts
no-ping
log-dhcp
log-queries
log-facility=$scratch/dnsmasq.log
dhcp-leasefile=$scratch/leases
dhcp-authoritative
dhcp-range=10.0.5.100,10.0.5.200,255.255.255.0,1h
enable-ra
dhcp-range=$net6,ra-only,64,1h
dhcp-option=option6:dns-server,[$host6]
domain=example.test
local=/example.test/
host-record=server.example.test,$host4,$host6
host-record=four.example.test,$host4
host-record=six.example.test,$host6
cname=alias.example.test,server.example.test
address=/many.example.test/10.0.5.11
address=/many.example.test/10.0.5.12
txt-record=text.example.test,a text
user=root
group=root
CONF
    printf '%s\n' "$@" >> "$scratch/dnsmasq.conf"
    run_dnsmasq "$scratch/dnsmasq.conf"
    if [[ ${NET_GUEST:-} == linux ]]; then
        printf 'nameserver %s\n' "$host4" > "$scratch/resolv.conf"
        mount --bind "$scratch/resolv.conf" /etc/resolv.conf
    fi
}

# net_capture: writes what tap0 carries to $scratch/wire.pcap; net_capture_end checks that it is as its
# protocols have it. Checksums of TCP and UDP are not: those are the business of the real wire behind.
# Not in immediate mode, where the buffer has room for 256 frames of whatever length.
net_capture() {
    if [[ $(< /proc/self/setgroups) == allow ]]; then
        peer_start tcpdump 'listening on' tcpdump -Z root -B 65536 -U -i tap0 -s 0 -w "$scratch/wire.pcap"
    else # tcpdump sets its groups, too
        peer_start tcpdump 'File:' dumpcap -q -B 64 -i tap0 -w "$scratch/wire.pcap"
    fi
    tcpdump=$peer_pid
}

net_capture_stop() {
    local end=$((SECONDS + 10))
    # All that was before this is in the file once this is. The guest lives: else nothing goes there.
    printf 'end of the capture' | socat -u - "UDP4-DATAGRAM:10.0.5.255:9,broadcast"
    until grep -q 'end of the capture' "$scratch/wire.pcap"; do
        ((SECONDS < end)) || fail "tcpdump does not see its end"
        sleep 0.02
    done
    kill -INT "$tcpdump"
    wait "$tcpdump"
}

net_capture_end() {
    local wrong
    net_capture_stop
    wrong=$(tshark -r "$scratch/wire.pcap" -o ip.check_checksum:TRUE \
        -Y '_ws.malformed || ip.checksum.status == "Bad" || icmp.checksum.status == "Bad" ||
            icmpv6.checksum.status == "Bad" || arp.duplicate-address-detected' 2> "$scratch/tshark.log")
    [[ -z $wrong ]] || fail "on the wire: $(head -n 20 <<< "$wrong")"
    captured=$(tshark -r "$scratch/wire.pcap" 2> "$scratch/tshark.log" | wc -l)
}

# counter FILE GROUP NAME: one of those that the kernel keeps for this name space; FILE has lines in pairs,
# the group with its names and the group with their values.
counter() {
    awk -v group="$2:" -v wanted="$3" '$1 == group && !names { names = split($0, name); next }
        $1 == group { for (i = 1; i <= names; i++) if (name[i] == wanted) print $i }' "/proc/net/$1"
}

# ---- Guests ----

# Options for all guests of a test, and what stands for the wire among them.
guest_options=()
guest_net=(--net "tap:tap0,ip=$guest4/24,gateway=$host4,mac=$guest_mac${NET_QUEUES:+,queues=$NET_QUEUES}")
guest_cpus=2

# guest_command_for PROGRAM [ARG...]: makes guest_command for a program of $PROGRAMS or the examples, or
# one by its whole path.
guest_command_for() {
    local program=$1 folder
    shift
    if [[ ${NET_GUEST:-} == linux ]]; then
        guest_command=(ip netns exec guest "$LINUX_PROGRAMS/${program##*/}" "$@")
        return
    fi
    for folder in "$PROGRAMS" "$EXAMPLES"; do
        [[ $program == */* || ! -f $folder/$program ]] || program=$folder/$program
    done
    guest_command=("$uhyve" -c "$guest_cpus" "${guest_net[@]}" "${guest_options[@]}" "$program" "$@")
}

# guest PROGRAM [ARG...]: runs it to its end.
guest() {
    guest_command_for "$@"
    "${guest_command[@]}"
}

# guest_start NAME PROGRAM [ARG...]: starts one that serves, and waits until it has said its first line,
# which is in $guest_line. Its output is in NAME.log, its process $guest_pid, its log's $guest_log.
guest_start() {
    local name=$1
    shift
    guest_command_for "$@"
    peer_start "$name" '' "${guest_command[@]}"
    guest_pid=$peer_pid
    guest_log=$peer_log
    guest_line=$peer_line
}

# guest_reachable [ADDRESS...]: waits until the guest answers at its addresses. An address for IPv6 takes
# its time, and ping gives up early when the host says that nobody has it.
guest_reachable() {
    local address end=$((SECONDS + 15))
    (($# > 0)) || set -- "$guest4" "$guest6"
    for address; do
        until ping -q -n -c 1 -W 1 "$address" > "$scratch/ping.log" 2>&1; do
            guest_lives
            ((SECONDS < end)) || fail "no answer from $address"
        done
    done
    rm "$scratch/ping.log"
}

# guest_lives: fails unless the guest of the last guest_start still runs.
guest_lives() { kill -0 "$guest_pid" 2> /dev/null || fail "the guest is gone"; }

# guest_end [STATUS]: ends it by SIGTERM.
guest_end() {
    local status=0
    guest_lives
    kill "$guest_pid"
    wait "$guest_pid" || status=$?
    ((status == ${1:-143})) || fail "status of the guest at its end: $status"
}

# The addresses of the guest as they stand in a URL.
guest_urls=("$guest4" "[$guest6]")
