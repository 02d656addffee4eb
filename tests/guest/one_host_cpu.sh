#!/bin/bash
# CPUs of the guest that share one of the host's get on: who waits for another CPU lets the host run it, and nobody
# takes a lock again and again that others never see free.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

[[ $(taskset -cp $$) =~ ([0-9]+)[-,0-9]*$ ]]
shared=(--affinity "${BASH_REMATCH[1]}")

for cpus in 2 4; do
    expect --stdout '[0-9]+ checks, 0 failed'$'\n' "$uhyve" "${shared[@]}" -c "$cpus" -m 512M "$PROGRAMS/heap_threads"
    # Threads that map, while others yield and start.
    expect --status 139 --stderr '(.|'$'\n'')*' "$uhyve" "${shared[@]}" -c "$cpus" "$PROGRAMS/crash_busy" 5000
done
