#!/bin/bash
# A crash finds the other threads anywhere: within a switch, an interrupt, an upcall or the nucleus.
# The backtrace of each leads through what it does to where it began.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# Ends with status 1 and says of which thread this is not so.
check='
    function thread_ends() {
        if (name != "" && (!works || last !~ begin)) {
            print name " comes from " last
            wrong = 1
        }
        name = ""
    }
    /^  thread / {
        thread_ends()
        name = $0
        begin = $2 == 1 ? "^start_entry" : "^context_begin"
        works = $2 == 1
        threads++
    }
    /^    #/ {
        last = $2
        if (last ~ /^work_/)
            works = 1
    }
    END {
        thread_ends()
        exit wrong || threads != 6
    }'

for ((round = 0; round < 20; round++)); do
    expect --status 139 --stderr '(.|'$'\n'')*' "$uhyve" -v -c $((round % 2 * 2 + 2)) \
        "$PROGRAMS/crash_busy" $((round * 7919 % 20000))
    awk "$check" "$scratch/error" || fail "$(cat "$scratch/error")"
done
