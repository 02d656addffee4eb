#!/bin/bash
# Reports of a program with threads: which one crashed, and with -v what all others did.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/crash_threads

# The functions of a thread's backtrace, innermost first. $1: extended regular expression of the
# line that the thread begins with.
frames() {
    awk -v wanted="^  ($1):?\$" '
        /^  [a-z.]/ { inside = $0 ~ wanted }
        inside && /^    #/ { sub(/\+0x.*/, "", $2); printf "%s ", $2 }' "$scratch/error"
}

# has_frames LINE REGEX: there is one such thread at least, and its functions are these.
has_frames() {
    local found
    grep -Eq "^  ($1):?\$" "$scratch/error" || fail "no line '$1' in: $(cat "$scratch/error")"
    found=$(frames "$1")
    [[ $found =~ ^($2)$ ]] || fail "'$1' has the frames: $found"
}

end='thread_main task_begin context_begin '

check_others() {
    has_frames 'thread 1 "main", waiting' '.*pthread_join main libc_start boot start_entry '
    has_frames 'thread 2 "waiter", waiting' ".* wait_in_mutex waiter $end"
    has_frames 'thread 3 "sleeper", waiting' ".* nanosleep sleep_long sleeper $end"
    has_frames 'thread 4 "short", ended' ''
    for id in 5 6; do
        has_frames "thread $id \"spinner\", (on CPU [0-3]|ready to run)" "spin spinner $end"
    done
}

# crash HOW STATUS FIRST_LINE FRAMES CPUS
crash() {
    expect --status "$2" --stderr '(.|'$'\n'')*' "$uhyve" -v -c "$5" "$program" "$1"
    grep -q "^uhyve: [^ ]*crash_threads: $3" "$scratch/error" ||
        fail "$1: $(cat "$scratch/error")"
    has_frames 'in thread 7 "\\x1bcrash"' ''
    has_frames 'backtrace' "$4 crasher $end"
    check_others
}

for cpus in 1 2 4; do
    crash access 139 'bad access: write to 0x0*8 ' 'crash' "$cpus"
    crash abort 134 'aborted (SIGABRT)' '.*abort crash' "$cpus"
    crash kernel 126 'kernel library failure: as the test asks' '.*panic crash' "$cpus"
    crash broken 126 'the guest broke the interface: hypercall exit: ' 'break_interface crash' \
        "$cpus"
done
# Only the innermost frames of so many are printed.
expect --status 139 --stderr '(.|'$'\n'')*' "$uhyve" -v "$program" stack
[[ $(frames backtrace) =~ ^(descend )+$ ]] || fail "stack overflow: $(frames backtrace)"
has_frames 'in thread 7 "\\x1bcrash"' ''
check_others

# A list of nonsense does no harm.
for how in loop wild; do
    expect --status 134 --stderr '(.|'$'\n'')*' "$uhyve" -v -c 2 --core "$scratch/core" "$program" "$how"
    has_frames 'backtrace' '.*abort crash crasher '"$end"
    [[ -s $scratch/core ]] || fail "$how: no core file"
    rm "$scratch/core"
done

# Nor do page tables that lead to themselves; the file is not as large as what they name.
expect --status 134 --stderr '(.|'$'\n'')*, not all of what the guest.s page tables name'$'\n' \
    "$uhyve" -v -m 64M --core "$scratch/core" "$program" tables
has_frames 'backtrace' '.*abort crash crasher '"$end"
mib=$(du -m "$scratch/core" | cut -f 1)
[[ $mib -le 66 ]] || fail "a core file of $mib MiB of a guest of 64 MiB"
rm "$scratch/core"

# Without -v the thread is named, and no other.
expect --status 139 --stderr '(.|'$'\n'')*' "$uhyve" -c 2 "$program" access
has_frames 'in thread 7 "\\x1bcrash"' ''
if grep -q 'main"\|spinner"' "$scratch/error"; then
    fail "other threads without -v: $(cat "$scratch/error")"
fi

# So many are printed, and a count of the rest: all but the one that crashed.
expect --status 139 --stderr '(.|'$'\n'')*' "$uhyve" -v -c 2 "$program" access 100
printed=$(grep -c '^  thread ' "$scratch/error")
[[ $printed == 64 ]] || fail "$printed threads are printed"
grep -qx '  \.\.\. and 42 more' "$scratch/error" || fail "the rest: $(tail -1 "$scratch/error")"

# A program without threads has none to name.
expect --status 134 --stdout 'before the assertion'$'\n' --stderr '(.|'$'\n'')*' \
    "$uhyve" "$PROGRAMS/assertion"
if grep -q '  in thread' "$scratch/error"; then
    fail "a program with one thread: $(cat "$scratch/error")"
fi
