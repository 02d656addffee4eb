#!/bin/bash
# Standard output on a terminal: line buffered, and questions are seen before the answer is read.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# on_terminal COMMAND: runs it with a terminal for standard input and output.
on_terminal() { script -q -e -c "$1" /dev/null; }

# 1000 characters in lines of 50: 20 lines.
on_terminal "'$uhyve' --stats=json '$PROGRAMS/output' characters 1000 2> '$scratch/error'" \
    < /dev/null > "$scratch/output"
[[ $(tr -d '\r\n' < "$scratch/output" | wc -c) == 980 ]] || fail "not 980 visible characters"
writes=$(figure "$scratch/error" hypercalls_write)
[[ $writes == 20 ]] || fail "20 lines took $writes write hypercalls"

# To a file the same takes one.
"$uhyve" --stats=json "$PROGRAMS/output" characters 1000 > "$scratch/output" 2> "$scratch/error"
writes=$(figure "$scratch/error" hypercalls_write)
[[ $writes == 1 ]] || fail "to a file it took $writes write hypercalls"

# The answer is given when the question has been seen.
mkfifo "$scratch/answer"
on_terminal "'$uhyve' '$PROGRAMS/input' ask" < "$scratch/answer" > "$scratch/output" &
guest=$!
exec 5> "$scratch/answer"
for ((waited = 0; waited < 1000; waited++)); do
    ! grep -q 'name?' "$scratch/output" || break
    sleep 0.02
done
grep -q 'name?' "$scratch/output" || fail "the question is not seen"
printf 'Ada\n' >&5
wait "$guest" || fail "status $?"
exec 5>&-
grep -q 'hello Ada' "$scratch/output" || fail "no answer: $(cat "$scratch/output")"
