#!/bin/bash
# What a CPU that waits in read() of standard input must not hold up.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

mkfifo "$scratch/slow"
(sleep 1.2 && printf x) > "$scratch/slow" &
expect --stdin "$scratch/slow" --stdout '[0-9]+ checks, 0 failed
' "$uhyve" -c 2 "$PROGRAMS/reader_away"
