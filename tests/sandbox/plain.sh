#!/bin/bash
# Plain runs in which nothing is denied: in the sandbox, status and output are those without one. What
# the filter denied would end a run with status 159, 128 and SIGSYS.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

printf 'for the program' > "$scratch/input"
ulimit -c 0

# Addresses, times and the level itself differ from run to run.
numbers='s/0x[0-9a-f]+|[0-9]+([.][0-9]+)?//g; s/^uhyve: (no )?sandbox.*//; s/ +/ /g; s/[|] [# ]*[|]//'

# in_each COMMAND...: with the option as its first word, under each level.
in_each() {
    local level status
    for level in none normal strict; do
        status=0
        rm -rf "$scratch/folder"
        mkdir "$scratch/folder"
        printf 'of the host' > "$scratch/folder/file"
        "$1" --file-isolation "$level" "${@:2}" < "$scratch/input" > "$scratch/output.$level" \
            2> "$scratch/error.$level" || status=$?
        echo "status $status" >> "$scratch/output.$level"
        sed -E "$numbers" "$scratch/error.$level" | sort -u > "$scratch/plain.$level"
    done
    for level in normal strict; do
        diff "$scratch/output.none" "$scratch/output.$level" || fail "$level: $*"
        [[ ${errors_differ:-} ]] || diff "$scratch/plain.none" "$scratch/plain.$level" ||
            fail "$level, standard error: $*"
    done
    [[ $(tail -n 1 "$scratch/output.none") == "status ${expected:-0}" ]] ||
        fail "$*: $(tail -n 1 "$scratch/output.none") $(cat "$scratch/error.none")"
}

hello=$EXAMPLES/hello
call=$TESTS/io/call

in_each "$uhyve" "$hello"
in_each "$uhyve" -v -v -c 3 --aslr "$hello"
in_each "$uhyve" -m 4G --thp "$hello"
errors_differ=1 in_each "$uhyve" --timeline "$hello"
errors_differ=1 in_each "$uhyve" --stats "$hello"
errors_differ=1 in_each "$uhyve" --stats=json -c 2 "$hello"
in_each "$uhyve" --output "$scratch/written" "$hello"
[[ $(cat "$scratch/written") == 'Hello from a unikernel' ]] || fail "--output"
in_each "$uhyve" --output none "$hello"
in_each "$uhyve" -o /dev/full "$hello"
in_each "$uhyve" --affinity 0 "$hello"

# Files, an archive, time zones, threads
in_each "$uhyve" --volume "$scratch/folder:/data" "$call" cat /data/file ls /data write /data/new a \
    append /data/new b truncate /data/new 1 size /data/new chmod /data/new touch /data/new \
    rename /data/new /data/other mkdir /data/folder symlink other /data/folder/link \
    readlink /data/folder/link cat /data/folder/link unlink /data/folder/link rmdir /data/folder \
    link /data/other /data/more unlink /data/more unlink /data/other access /data/file 4
in_each "$uhyve" --volume "$scratch/folder:/data:ro" "$call" cat /data/file ls /data \
    write /data/new a mkdir /data/file unlink /data/file truncate /data/file 0 size /data/file
in_each "$uhyve" --volume "$scratch/folder/file:/one" "$call" append /one x truncate /one 11 cat /one
printf 'of the archive' > "$scratch/file"
tar -C "$scratch" -cf "$scratch/files.tar" file
in_each "$uhyve" --initrd "$scratch/files.tar" "$call" cat /file
in_each "$uhyve" "$call" fkind 0 read 0 7
for zone in Europe/Berlin Nowhere/None; do
    in_each "$uhyve" -e "TZ=$zone" "$TESTS/io/time_zone" 1767225600 1782864000
done
in_each "$uhyve" "$TESTS/io/time_zone" 1767225600
in_each "$uhyve" -c 4 "$TESTS/omp/omp_loops"

# Ends of all kinds
in_each "$uhyve" -c 2 "$PROGRAMS/plain" idle
expected=139 in_each "$uhyve" -v "$PROGRAMS/plain" crash
grep -q 'poke_30' "$scratch/error.strict" || fail "no name of a function in a crash report"
grep -q 'plain.c:' "$scratch/error.strict" || fail "no line in a crash report"
expected=139 in_each "$uhyve" --core "$scratch/core" -c 2 "$PROGRAMS/plain" crash
[[ -s $scratch/core ]] || fail "no core file"
expected=134 in_each "$uhyve" "$PROGRAMS/plain" abort
expected=143 in_each "$uhyve" "$TESTS/outside/process" raise 15
expected=137 in_each "$uhyve" "$TESTS/outside/process" raise 9
expected=124 in_each "$uhyve" -v --timeout 1 "$TESTS/guest/forever" compute
expected=137 in_each "$uhyve" -v --timeout 1 --kill-after 0.1 "$TESTS/outside/process" ignore 15
expected=127 in_each "$uhyve" /dev/null

# Stopped, and on with what it waited for: as the kernel does it, by restart_syscall().
for level in normal strict; do
    mkfifo "$scratch/late"
    : > "$scratch/output" # what the one before has said does not count
    "$uhyve" --file-isolation "$level" -c 2 "$PROGRAMS/plain" idle < "$scratch/late" \
        > "$scratch/output" &
    guest=$!
    exec 5> "$scratch/late"
    until grep -q ready "$scratch/output"; do sleep 0.01; done
    for _ in 1 2 3; do
        kill -STOP "$guest"
        until grep -q '^State:.T' "/proc/$guest/status"; do sleep 0.01; done
        kill -CONT "$guest"
    done
    echo >&5
    exec 5>&-
    wait "$guest" || fail "$level: status $? after SIGSTOP and SIGCONT"
    rm "$scratch/late"
done
