#!/bin/bash
# The guest's clocks run and agree with the host's.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

expect --stdout $'[0-9]+ checks, 0 failed\n' "$uhyve" "$PROGRAMS/clocks" "$(date +%s)"
