#!/bin/bash
# Signals to a program that waits for its input, which comes when it says that it is ready.
# usage: input.sh CPUS
source "${BASH_SOURCE[0]%/*}/../../expect.sh"

mkfifo "$scratch/input"
exec 3<> "$scratch/input"
"$uhyve" -c "$1" "$PROGRAMS/signal_input" < "$scratch/input" > "$scratch/output" 2> "$scratch/error" 3>&- &
guest=$!
trap 'kill "$guest" 2> "$scratch/error" || true; rm -rf "$scratch"' EXIT
for ((i = 0; i < 1000; i++)); do
    [[ $(head -n 1 "$scratch/output") != ready ]] || break
    sleep 0.01
done
echo hello >&3
status=0
wait "$guest" || status=$?
[[ $status == 0 && ! -s $scratch/error ]] || fail "status $status: $(cat "$scratch/error")"
file_matches "$scratch/output" $'ready\n[0-9]+ checks, 0 failed\n' || fail "$(cat "$scratch/output")"
