#!/bin/bash
# A guest without work leaves the host alone, and a thread that runs alone is not interrupted.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

passed='[0-9]+ checks, 0 failed
'
program=$PROGRAMS/alone

# 300 ms of work takes no more interrupts than none at all. At the beginning and the end there is one
# more or less as the host has time: one that ticks has 30 and more each time.
interrupts() {
    expect --stdout "$passed" --stderr '\{.*\}
' "$uhyve" --stats=json -c "$1" "$program" "$2"
    echo $(($(figure "$scratch/error" guest_timer_interrupts) +
        $(figure "$scratch/error" guest_other_interrupts)))
}
for cpus in 1 2; do
    none=$(interrupts "$cpus" 0)
    for _ in 1 2 3; do
        some=$(interrupts "$cpus" 300)
        ((some > none + 1)) || break
    done
    ((some <= none + 1)) || fail "$cpus CPUs: $some interrupts instead of $none"
done

# ns that the threads of process $1 have run.
used_ns() { cat "/proc/$1/task/"*/schedstat | awk '{ sum += $1 } END { printf "%.0f\n", sum }'; }

# One thread sleeps: soon there are 300 ms of which all CPUs take less than half a percent.
for cpus in 1 64; do
    "$uhyve" -c "$cpus" "$PROGRAMS/forever" sleep > "$scratch/output" &
    pid=$!
    used=
    for _ in {1..20}; do
        before=$(used_ns "$pid")
        sleep 0.3
        used=$(($(used_ns "$pid") - before))
        [[ ! -s $scratch/output ]] || ((used >= 1500000)) || break
    done
    kill -0 "$pid" || fail "it has ended"
    kill "$pid"
    wait "$pid" || true
    echo "$cpus CPUs: $((used / 1000)) us of 300 ms"
    [[ $(< "$scratch/output") == ready ]] || fail "the program is not there"
    ((used < 1500000)) || fail "$cpus CPUs that sleep take $used ns of 300 ms"
done
