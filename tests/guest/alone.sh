#!/bin/bash
# A guest without work leaves the host alone, and a thread that runs alone is not interrupted.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

passed='[0-9]+ checks, 0 failed
'
program=$PROGRAMS/alone

# 300 ms of work takes no more interrupts than none at all.
interrupts() {
    expect --stdout "$passed" --stderr '\{.*\}
' "$uhyve" --stats=json -c "$1" "$program" "$2"
    echo $(($(figure "$scratch/error" guest_timer_interrupts) +
        $(figure "$scratch/error" guest_other_interrupts)))
}
for cpus in 1 2; do
    none=$(interrupts "$cpus" 0)
    some=$(interrupts "$cpus" 300)
    ((some <= none + 1)) || fail "$cpus CPUs: $some interrupts instead of $none"
done

# ns that the threads of process $1 have run.
used_ns() { cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f\n", sum }'; }

# All CPUs sleep: of 0.8 s they take less than 4 ms.
for cpus in 1 64; do
    "$uhyve" -c "$cpus" "$program" asleep > "$scratch/output" &
    pid=$!
    sleep 0.5
    before=$(used_ns "$pid")
    sleep 0.8
    used=$(($(used_ns "$pid") - before))
    wait "$pid" || fail "status $?"
    echo "$cpus CPUs: $((used / 1000)) us of 800 ms"
    ((used < 4000000)) || fail "$cpus CPUs that sleep take $used ns of 800 ms"
done
