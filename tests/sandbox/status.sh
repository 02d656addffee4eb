#!/bin/bash
# What the kernel says of the monitor while a guest runs, with the threads of two CPUs, clock, streams
# and time: each has filters and no privileges; and which descriptors are open.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

mkfifo "$scratch/input"
mkdir "$scratch/folder"

# value FILE NAME
value() { sed -n "s/^$2:[[:space:]]*//p" "$1"; }

# begin OPTION...: a guest that waits, with descriptors of this script's that are not meant for it.
begin() {
    : > "$scratch/output" # what the one before has said does not count
    "$uhyve" "$@" -c 2 --timeout 60 "$PROGRAMS/plain" idle 1200 < "$scratch/input" > "$scratch/output" \
        7< /etc/passwd 8> "$scratch/leak" 200< / &
    guest=$!
    exec 5> "$scratch/input"
    until grep -q ready "$scratch/output"; do sleep 0.01; done
    status=/proc/$guest
}

end() {
    echo >&5
    exec 5>&-
    wait "$guest" || fail "status $?"
}

# The files of the monitor's threads: not of those that the kernel's KVM has in the process.
tasks() { grep -L '^Name:[[:space:]]*kvm' "$status"/task/*/status; }

# check_filters NAME NUMBERS: how many filters the threads have. The clock's is there before its own.
check_filters() {
    local filters
    for _ in {1..500}; do
        filters=$(for file in $(tasks); do value "$file" Seccomp_filters; done | sort | xargs)
        [[ $filters != "$2" ]] || return 0
        sleep 0.01
    done
    fail "$1: filters of threads: $filters"
}

# check NAME VALUE: what each thread must have, as an extended regular expression.
check() {
    local name=$1 expected=$2 file found
    for file in $(tasks); do
        found=$(value "$file" "$name")
        [[ $found =~ ^($expected)$ ]] || fail "$file: $name is $found, not $expected"
    done
}

for level in normal strict; do
    begin --file-isolation $level --stats 2> "$scratch/statistics"
    check Seccomp 2
    check NoNewPrivs 1
    check CapInh 0+
    check CapPrm 0+
    check CapEff 0+
    # Two CPUs, clock, streams; the time's has its own alone.
    check_filters "$level" '1 1 1 2 2'
    # Under a control group's limit of memory also the file, or the pipe, of its watch.
    descriptors=$(for fd in "$status"/fd/*; do
        [[ ${fd##*/} -le 2 ]] || readlink "$fd"
    done | sed "s|^$PROGRAMS/plain\$|program|; s|^/proc/$guest/|own |; s|^anon_inode:||" | LC_ALL=C sort | xargs)
    [[ $descriptors =~ ^/dev/kvm(\ /sys/fs/cgroup/[^ ]*)?\ "[eventfd] [eventfd] [timerfd] kvm-vcpu:0 kvm-vcpu:1 kvm-vm own status"(\ pipe:[^ ]*)?\ program$ ]] ||
        fail "these are open: $descriptors"
    end
done

# With files, root keeps what it has over them, and no more: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH;
# CAP_CHOWN, CAP_FOWNER.
none=0
[[ $(id -u) == 0 ]] || none=1
begin --volume "$scratch/folder:/data:ro"
# The thread of the time has none.
((none)) || check CapEff '0{16}|0{15}6'
((none)) || [[ $(value "$status/status" CapEff) == 0000000000000006 ]] || fail "not what is needed to read"
check CapInh 0+
end
begin --volume "$scratch/folder:/data"
((none)) || check CapEff '0{16}|0{15}f'
((none)) || [[ $(value "$status/status" CapEff) == 000000000000000f ]] || fail "not what is needed to change"
end

# A network interface has a thread that begins outside, too; its way out and three events are open.
begin --net
check Seccomp 2
check NoNewPrivs 1
check CapEff 0+
check_filters "with a network" '1 1 1 1 2 2'
sockets=$(for fd in "$status"/fd/*; do readlink "$fd"; done | grep -c '^socket:')
events=$(for fd in "$status"/fd/*; do readlink "$fd"; done | grep -c 'eventfd')
((sockets == 1 && events == 5)) || fail "$sockets sockets and $events events are open"
end

# Without a sandbox all stays as it was.
begin --file-isolation none
check Seccomp "$(value /proc/self/status Seccomp)"
check CapEff "$(value /proc/self/status CapEff)"
[[ $(readlink "$status/fd/7") == /etc/passwd ]] || fail "none: closes descriptors"
end
