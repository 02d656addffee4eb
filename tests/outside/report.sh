#!/bin/bash
# A report that nobody reads does not keep uhyve: signals that the program saw to end it then.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

mkfifo "$scratch/error"
exec 7<> "$scratch/error"
dd if=/dev/zero of="$scratch/error" bs=64K count=1 oflag=nonblock status=none

"$uhyve" --stats "$PROGRAMS/process" abort 15 > "$scratch/output" 2> "$scratch/error" &
guest=$!
until grep -q ready "$scratch/output"; do
    sleep 0.01
done
while kill -s TERM "$guest" 2> /dev/null; do
    sleep 0.01
done
status=0
wait "$guest" || status=$?
[[ $status == 143 ]] || fail "status $status"
