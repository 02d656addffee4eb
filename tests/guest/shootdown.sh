#!/bin/bash
# Other CPUs are asked to forget translations where they use them, and only there.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

expect --stdout '[0-9]+ checks, 0 failed
' --stderr '\{.*\}
' "$uhyve" -c 2 --stats=json "$PROGRAMS/shootdown" busy
(($(figure "$scratch/error" guest_tlb_shootdowns) >= 200)) || fail "a busy CPU was not asked"

expect --stdout '[0-9]+ checks, 0 failed
' --stderr '\{.*\}
' "$uhyve" -c 4 --stats=json "$PROGRAMS/shootdown" idle
(($(figure "$scratch/error" guest_tlb_shootdowns) == 0)) || fail "an idle CPU was asked"

expect --status 139 --stderr 'uhyve: [^
]*: bad access: .*write_for_ever.*' "$uhyve" -c 2 "$PROGRAMS/shootdown" forbid
