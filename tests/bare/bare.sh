#!/bin/bash
# Guests without a monitor: bare.sh CASE FOLDER_OF_PROGRAMS HELLO
set -euo pipefail

what=$1 programs=$2 hello=$3
command -v qemu-system-x86_64 > /dev/null || exit 77
scratch=$(mktemp -d)
trap 'exec 3>&-; rm -rf "$scratch"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    cat -v "$scratch/output" >&2
    exit 1
}

# boot MACHINE FILE [OPTION]...: until QEMU has ended; without isa-debug-exit unless an option says so.
boot() {
    local machine=$1 file=$2
    shift 2
    timeout 60 qemu-system-x86_64 -M "$machine" -m 64 -display none -serial stdio -kernel "$file" "$@" \
        > "$scratch/output"
}

has() { grep -qE -e "$1" <(tr -d '\r' < "$scratch/output") || fail "no $1"; }

# The output so far has a line $1, or QEMU has ended.
wait_for() {
    until grep -qE -e "$1" "$scratch/output" 2> /dev/null; do
        kill -0 "$qemu" 2> /dev/null || fail "ended before $1"
        sleep 0.05
    done
}

# Its input is what is written to descriptor 3.
boot_with_input() {
    mkfifo "$scratch/input"
    : > "$scratch/output"
    boot "$@" < "$scratch/input" &
    qemu=$!
    exec 3> "$scratch/input"
}

case $what in
ends)
    # A reset would begin again, and never end.
    for machine in pc q35 microvm; do
        boot "$machine" "$hello" < /dev/null || fail "$machine: no ACPI power off"
        has '^uhyve: ended with status 0$'
    done
    # Neither isa-debug-exit nor ACPI.
    boot microvm,acpi=off "$hello" -no-reboot < /dev/null || fail "no reset"
    has '^uhyve: ended with status 0$'
    status=0
    boot pc "$hello" -device isa-debug-exit,iobase=0xf4,iosize=4 < /dev/null || status=$?
    [[ $status == 1 ]] || fail "isa-debug-exit: $status"
    ;;
lines)
    boot_with_input pc "$programs/console" -append lines
    wait_for ready
    printf 'one\rthrew\177\177ee\nlost\025three\n\n' >&3
    wait_for 'line 4'
    printf 'last\004\004' >&3
    wait "$qemu" || fail "$?"
    # The echo of what came early is in between.
    has 'line 1: \[one\]$'
    has 'line 2: \[three\]$'
    has 'line 3: \[three\]$'
    has 'line 4: \[\]$'
    has 'line 5: \[last\]$'
    has '^end of input$'
    has '^uhyve: ended with status 5$'
    ;;
keys)
    boot_with_input q35 "$programs/console" -append keys -smp 2
    wait_for ready
    printf 'k' >&3
    wait_for 'key k'
    printf '\003' >&3
    wait_for 'once more'
    printf '\003' >&3
    wait "$qemu" || fail "$?"
    has 'uhyve: ended with status 130$'
    ;;
busy)
    # A program that reads nothing.
    boot_with_input pc "$programs/console" -append busy
    wait_for ready
    printf '\003' >&3
    wait "$qemu" || fail "$?"
    has 'uhyve: ended with status 130$'
    ;;
crashes)
    boot pc "$programs/bare_crash" < /dev/null
    has ': bad access: write to 0x0000000000000008 \(null pointer\)$'
    has '^uhyve: ended with status 139$'
    # The addresses lead to the functions.
    tr -d '\r' < "$scratch/output" | sed -n 's/^ *#[0-9]* \(0x[0-9a-f]*\)$/\1/p' > "$scratch/addresses"
    addr2line -f -e "$programs/bare_crash" < "$scratch/addresses" | grep -v : > "$scratch/names"
    [[ $(head -n 1 "$scratch/names") == poke ]] || fail "$(cat "$scratch/names")"
    grep -qx main "$scratch/names" || fail "$(cat "$scratch/names")"
    boot pc "$programs/bare_crash" -append abort < /dev/null
    has ': aborted \(SIGABRT\)'
    has '^uhyve: ended with status 134$'
    boot q35 "$programs/bare_crash" -append deep -smp 2 < /dev/null
    has ': stack overflow at 0x'
    has '^uhyve: ended with status 139$'
    boot q35 "$programs/bare_crash" -append illegal < /dev/null
    has ': illegal instruction$'
    has '^uhyve: ended with status 132$'
    ;;
esac
