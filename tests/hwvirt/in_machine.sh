#!/bin/sh
# Runs in the emulated machine (busybox): all cases of the file `cases`; prints `ok NAME` or what
# is wrong. Exit status: 0 when all are ok.

# One case's; what takes longest takes a twentieth of it.
limit_s=60

seconds_now() {
    read -r now _ < /proc/uptime
    echo "${now%.*}"
}

fail() {
    echo "FAILED $name: $1; output:"
    cat output
    failed=1
}

# A server in a guest, on an interface of its own; asked for the list of cases.
network() {
    ./uhyve --net tap:tap0,ip=10.0.5.2/24 --volume .:/files:ro guests/httpd 8080 /files > output 2>&1 &
    server=$!
    until grep -q 'at port' output || ! kill -0 "$server"; do
        sleep 0.1
    done
    ip address add 10.0.5.1/24 dev tap0
    timeout "$limit_s" wget -q -O fetched http://10.0.5.2:8080/cases >> output 2>&1
    if kill "$server" && cmp cases fetched >> output 2>&1; then
        echo "ok network"
    else
        fail "the server's file differs, or there is none"
    fi
    wait "$server"
}

failed=0
mkfifo late
while IFS='|' read -r name program status options args input regex; do
    if [ "$name" = network ]; then
        network
        continue
    fi
    from=/dev/null
    if [ -n "$input" ]; then
        from=late
        (sleep 1 && echo "$input") > late &
    fi
    begin_s=$(seconds_now)
    # A guest that hangs ends by SIGTERM, a monitor by SIGKILL.
    # shellcheck disable=SC2086  # options and arguments are lists of words
    timeout -k 5 "$limit_s" ./uhyve $options "guests/${program##*/}" $args < $from > output 2>&1
    got=$?
    if [ $(($(seconds_now) - begin_s)) -ge "$limit_s" ]; then
        fail "over its limit of $limit_s s, status $got"
    elif [ "$got" != "$status" ]; then
        fail "status $got, expected $status"
    elif [ -n "$regex" ] && ! grep -qE -e "$regex" output; then
        fail "nothing in the output matches $regex"
    else
        echo "ok $name"
    fi
done < cases
exit $failed
