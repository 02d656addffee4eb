#!/bin/bash
# The exit status of the guest is the exit status of uhyve, modulo 256.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

for way in return exit _exit _Exit quick_exit; do
    expect --status 0 "$uhyve" "$PROGRAMS/exit_status" "$way" 0
    expect --status 42 "$uhyve" "$PROGRAMS/exit_status" "$way" 42
    expect --status 255 "$uhyve" "$PROGRAMS/exit_status" "$way" 255
done
expect --status 1 "$uhyve" "$PROGRAMS/exit_status" return 1
expect --status 125 "$uhyve" "$PROGRAMS/exit_status" return 125
expect --status 0 "$uhyve" "$PROGRAMS/exit_status" return 256
expect --status 1 "$uhyve" "$PROGRAMS/exit_status" exit 257
expect --status 255 "$uhyve" "$PROGRAMS/exit_status" exit -1
expect --status 134 --stderr '.*abort.*' "$uhyve" "$PROGRAMS/exit_status" abort 0
