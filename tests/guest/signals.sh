#!/bin/bash
# SIGTERM and SIGINT end a guest at once, whatever it does.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# ended_by NAME STATUS WAY CPUS
ended_by() {
    local status=0 begin waited
    rm -f "$scratch/output" "$scratch/input"
    mkfifo "$scratch/input"
    # A background job of a script ignores SIGINT; uhyve would keep it so.
    sleep 30 > "$scratch/input" &
    local writer=$!
    env --default-signal=INT "$uhyve" -c "$4" "$PROGRAMS/forever" "$3" \
        < "$scratch/input" > "$scratch/output" 2> "$scratch/error" &
    local guest=$!
    for ((waited = 0; waited < 500; waited++)); do
        [[ $(cat "$scratch/output" 2> "$scratch/ignored" || true) != ready ]] || break
        sleep 0.02
    done
    sleep 0.1
    begin=$(milliseconds)
    kill -s "$1" "$guest"
    wait "$guest" || status=$?
    waited=$(($(milliseconds) - begin))
    kill "$writer"
    wait "$writer" || true
    [[ $(cat "$scratch/output") == ready ]] || fail "the guest did not start"
    [[ $status == "$2" ]] || fail "SIG$1 while it does '$3': status $status, expected $2"
    [[ $waited -lt 1000 ]] || fail "SIG$1 while it does '$3': took $waited ms"
    [[ ! -s $scratch/error ]] || fail "SIG$1: $(cat "$scratch/error")"
}

for way in compute sleep read; do
    ended_by TERM 143 "$way" 1
    ended_by INT 130 "$way" 1
done
# With several CPUs another thread of the monitor waits for the input.
ended_by TERM 143 read 2
ended_by INT 130 read 2
