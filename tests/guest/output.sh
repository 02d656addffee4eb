#!/bin/bash
# Standard output to files and pipes: complete, in order, in few hypercalls.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/output
ten_mib=10485760

awk -v limit=$ten_mib 'BEGIN { for (; written < limit; written += 15) printf "line %09d\n", i++ }' \
    > "$scratch/lines"
expect --stdout-file "$scratch/lines" "$uhyve" "$program" lines $ten_mib
"$uhyve" "$program" lines $ten_mib | cmp - "$scratch/lines" || fail "a pipe loses output"
# A reader that is slower than the guest.
"$uhyve" "$program" lines 1000000 | { sleep 0.3 && cat; } | cmp - <(head -c 1000005 "$scratch/lines") ||
    fail "a slow pipe loses output"
"$uhyve" "$program" single $ten_mib | { sleep 0.1 && wc -c; } > "$scratch/count"
[[ $(cat "$scratch/count") == "$ten_mib" ]] || fail "one large write is cut off"

# 100 KB of single characters in blocks of 64 KiB.
expect --stdout '[x
]+' --stderr '\{[^{}]*\}
' "$uhyve" --stats=json "$program" characters 100000
[[ $(stat -c %s "$scratch/output") == 100000 ]] || fail "not 100000 characters"
writes=$(figure "$scratch/error" hypercalls_write)
[[ $writes -ge 1 && $writes -le 4 ]] || fail "$writes write hypercalls for 100 KB"
grep -q '"hypercalls_exit": 1' "$scratch/error" || fail "not one exit hypercall"

# Error output is not held back, standard output is.
expect --stdout 'err 1
out 1
out 2
err 2 without newline
out 3
' bash -c '"$0" "$1" interleaved 2>&1' "$uhyve" "$program"

expect --stdout 'before
' "$uhyve" "$program" closed

# Nobody takes the output.
told='write -1 Bad file descriptor
stdio Bad file descriptor
ferror 1
'
expect --stderr "$told" bash -c '"$0" "$1" failing >&-' "$uhyve" "$program"
# Nor may the monitor's own files take the place of streams that are closed.
expect --stderr "$told" bash -c '"$0" "$1" failing >&- <&-' "$uhyve" "$program"
told='write -1 No space left on device
stdio No space left on device
ferror 1
'
expect --stderr "$told" bash -c '"$0" "$1" failing > /dev/full' "$uhyve" "$program"
# Error output closed: nothing to see, and nothing goes elsewhere.
expect --stdout 'out 1
out 2
out 3
' bash -c '"$0" "$1" interleaved 2>&-' "$uhyve" "$program"

# The reader goes away: as with a process, that ends it by SIGPIPE, without a word.
status=0
bash -c 'set -o pipefail; "$0" "$1" lines 10000000 | head -n 1' "$uhyve" "$program" \
    > "$scratch/output" 2> "$scratch/error" || status=$?
[[ $status == 141 && $(cat "$scratch/output") == 'line 000000000' ]] || fail "SIGPIPE: status $status"
[[ ! -s $scratch/error ]] || fail "SIGPIPE: $(cat "$scratch/error")"
