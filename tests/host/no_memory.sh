#!/bin/bash
# Memory that the host does not give, at the start or later, is said in one line.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# No address space for the guest's memory.
limited() { (ulimit -v 300000 && exec "$@"); }
expect --status 125 --stderr "uhyve: cannot reserve the guest's memory \(see --memory-size\): .*
" limited "$uhyve" "$EXAMPLES/hello"

# A program whose file is cut while it runs.
cp "$PROGRAMS/late" "$scratch/late"
"$uhyve" "$scratch/late" > "$scratch/out" 2> "$scratch/err" &
monitor=$!
until grep -q ready "$scratch/out"; do sleep 0.01; done
truncate -s 4096 "$scratch/late"
status=0
wait "$monitor" || status=$?
[[ $status == 125 ]] || fail "status $status for a file that was cut"
grep -q '^uhyve: .*has become shorter while it ran$' "$scratch/err" || fail "$(cat "$scratch/err")"

# The memory limit of a control group.
own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
group=/sys/fs/cgroup/memory$own/uhyve-test-$$
limit_file=memory.limit_in_bytes
if [[ -z $own ]]; then
    group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/uhyve-test-$$
    limit_file=memory.max
fi
if ! mkdir "$group" 2> /dev/null || ! echo 100M > "$group/$limit_file" 2> /dev/null; then
    rmdir "$group" 2> /dev/null || true
    echo "skipped: no control group with a memory limit to be had"
    exit 77
fi
# The kernel's own threads for a virtual machine may leave the group a moment later.
remove_group() { for _ in {1..100}; do rmdir "$group" 2> /dev/null && return; sleep 0.05; done; }
trap 'remove_group; rm -rf "$scratch"' EXIT
in_group() { (echo $BASHPID > "$group/cgroup.procs" && exec "$@"); }
expect --stdout 'Hello from a unikernel
' in_group "$uhyve" "$EXAMPLES/hello"
# Who says it may be a moment behind the end of the monitor: cat waits for both. Bash may add that
# a command of its own was killed.
to_the_end() { "$@" 2>&1 | cat; }
expect --status 137 --stdout '(.*Killed.*
)?uhyve: killed, it seems by the kernel: .*memory limit.*\(100 MiB\).*
' to_the_end in_group "$uhyve" "$PROGRAMS/greedy"
# A signal to the command still ends the guest.
: > "$scratch/out" # what the one before has said does not count
(echo $BASHPID > "$group/cgroup.procs" && exec "$uhyve" "$PROGRAMS/late") > "$scratch/out" 2>&1 &
monitor=$!
until grep -q ready "$scratch/out"; do sleep 0.01; done
kill -TERM "$monitor"
status=0
wait "$monitor" || status=$?
[[ $status == 143 ]] || fail "status $status after SIGTERM"
! pgrep --full "$uhyve $PROGRAMS/late" || fail "a process has outlived the command"
