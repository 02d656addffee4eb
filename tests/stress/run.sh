#!/bin/bash
# run.sh FILE [OPTION]... - runs a stress test, FILE, under uhyve for $STRESS_SECONDS (default: 2).
set -euo pipefail
program=$1
shift
seconds=${STRESS_SECONDS:-2}
# What hangs must end; how long the last round takes depends on the machine.
exec timeout -k 10 $((2 * seconds + 100)) "${BASH_SOURCE[0]%/*}/../run_guest.sh" \
    --stdout $'[0-9]+ checks, 0 failed\n' -- "$@" "$program" "$seconds"
