#!/bin/bash
# --stats, --timeline and -v print on standard error what they should.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

hello=$EXAMPLES/hello

expect --stdout 'Hello from a unikernel
' --stderr '\{("[a-z_]+": [0-9]+(, )?)+\}
' "$uhyve" --stats=json "$hello"
[[ $(figure "$scratch/error" hypercalls_write) == 1 ]] || fail "hello needs more than one write"
[[ $(figure "$scratch/error" hypercalls_exit) == 1 ]] || fail "not one exit"
expect --stdout 'Hello from a unikernel
' --stderr 'uhyve: statistics
.*hypercalls +write +1
.*' "$uhyve" --stats "$hello"
expect --stdout 'Hello from a unikernel
' --stderr '\{.*\}
' env UHYVE_STATS=json "$uhyve" "$hello"
expect --stdout 'Hello from a unikernel
' --stderr '.*main.*' "$uhyve" --timeline "$hello"
# The status stays the guest's.
expect --status 7 --stderr '\{.*\}
' "$uhyve" --stats=json "$PROGRAMS/exit_status" return 7
