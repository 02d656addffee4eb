#!/bin/sh
# Runs in the emulated machine (busybox): all cases of the file `cases`; prints `ok NAME` or what
# is wrong. Exit status: 0 when all are ok.

failed=0
mkfifo late
while IFS='|' read -r name program status options args input regex; do
    from=/dev/null
    if [ -n "$input" ]; then
        from=late
        (sleep 1 && echo "$input") > late &
    fi
    # shellcheck disable=SC2086  # options and arguments are lists of words
    timeout -s KILL 100 ./uhyve $options "guests/${program##*/}" $args < $from > output 2>&1
    got=$?
    if [ "$got" != "$status" ]; then
        echo "FAILED $name: status $got, expected $status; output:"
        cat output
        failed=1
    elif [ -n "$regex" ] && ! grep -qE -e "$regex" output; then
        echo "FAILED $name: nothing in the output matches $regex; output:"
        cat output
        failed=1
    else
        echo "ok $name"
    fi
done < cases
exit $failed
