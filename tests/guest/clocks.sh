#!/bin/bash
# The guest's clocks run and agree with the host's.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

expect --stdout $'[0-9]+ checks, 0 failed\n' "$uhyve" "$PROGRAMS/clocks" "$(date +%s)"

# Over some time the guest's time of day stays between the host's before and after, but for 1 ms.
coproc guest { exec "$uhyve" "$PROGRAMS/clock_answers"; }
# shellcheck disable=SC2154  # coproc sets it
pid=$guest_PID
for _ in {1..6}; do
    before=${EPOCHREALTIME/[.,]/}
    echo >&"${guest[1]}"
    read -r -t 10 answer <&"${guest[0]}" || fail "no answer"
    after=${EPOCHREALTIME/[.,]/}
    ((answer >= before - 1000 && answer <= after + 1000)) ||
        fail "$answer is not from $before to $after"
    sleep 0.3
done
to_guest=${guest[1]}
exec {to_guest}>&-
wait "$pid" || fail "status $?"
