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
# What the guest counts.
expect --stdout '[0-9]+ checks, 0 failed
' --stderr '\{.*\}
' "$uhyve" --stats=json "$PROGRAMS/sleep"
for name in guest_timer_interrupts guest_nucleus_calls; do
    (($(figure "$scratch/error" "$name") > 0)) || fail "$name: none while a program slept"
done
expect --stdout '[0-9]+ checks, 0 failed
' --stderr '\{.*\}
' "$uhyve" --stats=json -c 2 "$PROGRAMS/scheduling_changes"
for name in guest_switches guest_wake_ups guest_ipis guest_timer_interrupts guest_upcalls \
    guest_nucleus_calls vm_exits_io; do
    (($(figure "$scratch/error" "$name") > 0)) || fail "$name: none while tasks move about"
done
expect --stdout 'Hello from a unikernel
' --stderr '\{.*\}
' env UHYVE_STATS=json "$uhyve" "$hello"
expect --stdout 'Hello from a unikernel
' --stderr '.*main.*' "$uhyve" --timeline "$hello"
# The status stays the guest's.
expect --status 7 --stderr '\{.*\}
' "$uhyve" --stats=json "$PROGRAMS/exit_status" return 7
