#!/bin/bash
# -c auto: as many CPUs as this process may use, and each of them works.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

passed='[0-9]+ checks, 0 failed
'
program=$PROGRAMS/all_cpus
first=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')

expect --stdout "$passed" "$uhyve" -c auto "$program" "$(nproc)" 5
expect --stdout "$passed" taskset -c "$first" "$uhyve" -c auto "$program" 1 5
expect --stdout "$passed" "$uhyve" -c auto --affinity "$first" "$program" 1 5
expect --stdout "$passed" env UHYVE_CPU_COUNT=auto "$uhyve" "$program" "$(nproc)" 5
# All on one CPU of the host.
expect --stdout "$passed" "$uhyve" -c 4 --affinity "$first" "$program" 4 5
# There the CPU that another one waits for never runs: who waits leaves the host's CPU to it.
expect --stdout "$passed" --stderr '\{.*\}
' "$uhyve" --stats=json -c 2 --affinity "$first" "$PROGRAMS/shootdown" busy
(($(figure "$scratch/error" hypercalls_yield) > 0)) || fail "the host's CPU was never given away"
