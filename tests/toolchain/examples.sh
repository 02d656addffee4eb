#!/bin/bash
# Each example is built and run by the line that it begins with. Servers are asked something, and the
# client has a server to talk to.

# In a network of its own, where there may be one, no port is taken.
spaces=(--net)
((EUID == 0)) || spaces+=(--user --map-current-user --keep-caps)
if [[ ${EXAMPLES_INSIDE:-} != 1 ]] && unshare "${spaces[@]}" true 2> /dev/null; then
    EXAMPLES_INSIDE=1 exec unshare "${spaces[@]}" "$BASH" "$0" "$@"
fi
PATH=$PATH:/usr/sbin:/sbin
[[ ${EXAMPLES_INSIDE:-} != 1 ]] || ip link set lo up

source "${BASH_SOURCE[0]%/*}/../expect.sh"

# start COMMAND: in the background, until it has written a line.
start() {
    mkfifo server.out
    bash -c "exec $1" > server.out 2> server.log &
    server=$!
    exec 3< server.out
    rm server.out
    read -r -t 60 _ <&3 || fail "$1 says nothing: $(cat server.log)"
}

stop() {
    kill "$server" || fail "it has ended: $(cat server.log)"
    wait "$server" || true
    exec 3<&-
}

# ask REGEX COMMAND...: what a server answers.
ask() {
    expect --stdin "$scratch/question" --stdout "$1" "${@:2}"
}

# Datagrams get lost, above all before the guest has its address.
ask_time() {
    exec 4<> /dev/udp/127.0.0.1/1313
    for ((tries = 0; tries < 60; tries++)); do
        echo >&4
        ! timeout 1 head -n 1 <&4 || break
    done
    exec 4>&-
}

root=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
cp "$root"/examples/*.* "$scratch"
cd "$scratch" || exit
PATH=$STAGE/bin:$PATH
echo hello > question
echo 'an answer' > answer
count=0
for file in *.c *.cpp *.f90; do
    line=$("$root/scripts/example-line.sh" "$file") || fail "$file: no line that builds and runs it"
    # A language may have been left out.
    [[ -x $STAGE/bin/${line%% *} ]] || continue
    case $file in
        httpd.c | echo_*.c | time_server.c)
            expect bash -c "${line%% && *}"
            start "${line#* && }"
            case $file in
                httpd.c) ask 'an answer'$'\n' curl -sS http://localhost:8080/answer ;;
                echo_*.c) ask $'hello\n' socat -t 60 - TCP:localhost:7777 ;;
                time_server.c) ask '20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z'$'\n' ask_time ;;
            esac
            stop
            ;;
        client.c)
            start 'sh -c "echo; exec socat TCP-LISTEN:7777,fork EXEC:cat"'
            until (exec 6<> /dev/tcp/127.0.0.1/7777) 2> /dev/null; do
                kill -0 "$server" || fail "socat has ended: $(cat server.log)"
                sleep 0.01
            done
            expect --stdin question --stdout $'hello\n' bash -c "$line"
            stop
            ;;
        *) expect --stdout '.+' bash -c "$line" ;;
    esac
    count=$((count + 1))
done
((count >= 8)) || fail "$count examples only"
