#!/bin/bash
# What a program has written is in the file: however it ends, after close() and fsync(), and soon in any
# case.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

for ((i = 0; i < 1000; i++)); do
    printf 'piece %04d\n' "$i"
done > "$scratch/pieces"

# is_complete: all that was written is there.
is_complete() {
    cmp -s "$scratch/pieces" "$scratch/folder/pieces" || return 1
    local i
    for ((i = 0; i < 20; i++)); do
        [[ $(cat "$scratch/folder/many$i") == 0123456789 ]] || return 1
    done
}

fresh() { rm -rf "$scratch/folder" && mkdir "$scratch/folder"; }

# guest WAY: becomes the guest.
guest() { exec "$uhyve" -c "$cpus" --volume "$scratch/folder:/data" "$PROGRAMS/behind" /data "$1"; }

# ends STATUS WAY
ends() {
    local status=0
    fresh
    (guest "$2") > "$scratch/output" 2> "$scratch/error" || status=$?
    [[ $status == "$1" ]] || fail "$2: status $status: $(cat "$scratch/error")"
    is_complete || fail "$2: not all is there"
}

for cpus in 1 2; do
    ends 0 return
    ends 0 handler
    ends 4 _exit
    ends 5 thread
    ends 134 abort
    ends 139 crash
    ends 143 signal
done

# goes_on WAY SECONDS: while the guest lives, it is all there at latest so long after it has said "ready".
goes_on() {
    fresh
    : > "$scratch/output" # what the one before has said does not count
    guest "$1" > "$scratch/output" 2> "$scratch/error" &
    local guest=$! end
    until [[ -s $scratch/output ]]; do
        kill -0 "$guest" || fail "$1: it has ended: $(cat "$scratch/error")"
        sleep 0.005
    done
    end=$((SECONDS + $2))
    until is_complete; do
        ((SECONDS < end)) || fail "$1: not all is there after $2 s"
        sleep 0.01
    done
    kill -KILL "$guest"
    wait "$guest" 2> /dev/null || true
    is_complete || fail "$1: not all is there in the end"
}

for cpus in 1 2; do
    goes_on close 0
    goes_on sync 0
    goes_on idle 10
    goes_on busy 10
done
