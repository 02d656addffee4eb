#!/bin/bash
# A guest that has the monitor wait for input that does not come ends all the same: when another of
# its CPUs says so, and by a signal.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

mkfifo "$scratch/nothing"
exec 5<> "$scratch/nothing"
for length in long forever; do
    expect --status 7 --stdin "$scratch/nothing" "$uhyve" -c 2 "$PROGRAMS/abuse" wait "$length"
    expect --status 143 --stdin "$scratch/nothing" timeout --preserve-status -s TERM 0.3 \
        "$uhyve" -c 2 "$PROGRAMS/abuse" wait "$length" alone
done
