#!/bin/bash
# Who waits for standard input or output waits alone: with pipes, sockets and terminals.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/waiting
passed='[0-9]+ checks, 0 failed'
mkfifo "$scratch/in" "$scratch/out" "$scratch/said"

# with_guest CPUS WAY [NUMBER]: starts it with pipes at 5, 6 and 7, and waits until it is ready,
# which it says on standard error.
with_guest() {
    local line=ready
    "$uhyve" -c "$1" "$program" "${@:2}" < "$scratch/in" > "$scratch/out" 2> "$scratch/said" &
    guest=$!
    exec 5> "$scratch/in" 6< "$scratch/out" 7< "$scratch/said"
    [[ $2 == exit ]] || IFS= read -r line <&7
    [[ $line == ready ]] || fail "$* says: $line"
}

# ends_with STATUS LINE WHAT: so does the guest, having said this last.
ends_with() {
    local status=0 line=
    IFS= read -r line <&7 || true
    wait "$guest" || status=$?
    [[ $status == "$1" && $line =~ ^$2$ ]] || fail "$3: status $status, it says: $line"
    exec 5>&- 6<&- 7<&-
}

expected=$(printf '%s' {a..z} | sed 's/./&&&&&&&/g')
for ((i = 0; i < 11; i++)); do expected+=$expected; done
printf '%s' "${expected:0:300000}" > "$scratch/expected"

for cpus in 1 2 4; do
    for way in others busy unmapped signals cancel; do
        with_guest "$cpus" "$way" -1
        printf x >&5
        ends_with 0 "$passed" "$way with $cpus CPUs"
    done
    with_guest "$cpus" others 0
    printf x >&5
    ends_with 0 "$passed" "others on CPU 0 of $cpus"

    with_guest "$cpus" several 500
    for ((i = 0; i < 50; i++)); do
        printf 0123456789 >&5
        ((i % 10 != 0)) || sleep 0.01
    done
    exec 5>&-
    ends_with 0 "$passed" "several with $cpus CPUs"

    with_guest "$cpus" exit
    ends_with 7 '' "exit with $cpus CPUs"

    for way in output output-signals output-realtime; do
        with_guest "$cpus" "$way"
        cat <&6 > "$scratch/output"
        ends_with 0 "$passed" "$way with $cpus CPUs"
        cmp "$scratch/output" "$scratch/expected" || fail "$way with $cpus CPUs: another output"
    done

    # Our reader begins when all is written: one waits for the other if the guest's two threads do.
    with_guest "$cpus" both
    cat "$scratch/expected" >&5
    exec 5>&-
    cat <&6 > "$scratch/output"
    ends_with 0 "$passed" "both with $cpus CPUs"
    cmp "$scratch/output" "$scratch/expected" || fail "another output with $cpus CPUs"

    echo_it=("$uhyve" -c "$cpus" "$program" echo)
    terminal_output='(.|
)*'
    expect --stdout "ready
first line
second
$passed
" "$PROGRAMS/peer" socket =ready '+first ' '+line' '=first line' $'+\nsecond\n' =second close -- \
        "${echo_it[@]}"
    # Ctrl-D at the end. A terminal shows what is typed, too.
    expect --stdout "ready${terminal_output}line${terminal_output}line$terminal_output$passed"$'\r\n' \
        "$PROGRAMS/peer" terminal =ready $'+line\n' =line =line $'+\4' -- "${echo_it[@]}"
    # Ctrl-Z and fg while it waits.
    expect --stdout "ready${terminal_output}line${terminal_output}line$terminal_output$passed"$'\r\n' \
        "$PROGRAMS/peer" terminal =ready stop resume $'+line\n' =line =line stop resume $'+\4' -- \
        "${echo_it[@]}"
    # Started in the background, where nobody may read.
    expect --stdout "ready${terminal_output}line${terminal_output}line$terminal_output$passed"$'\r\n' \
        "$PROGRAMS/peer" background =ready stopped resume $'+line\n' =line =line $'+\4' -- \
        "${echo_it[@]}"
    # The terminal goes away; where SIGHUP is ignored the program learns it by its read.
    expect --stdout "ready$terminal_output" \
        "$PROGRAMS/peer" terminal =ready close -- "${echo_it[@]}"
done
