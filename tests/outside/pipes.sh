#!/bin/bash
# Pipes that nobody reads any more, as a shell has them, and what is left when uhyve is killed.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

# ends STATUS ERRORS COMMAND...: how the first of a pipe ends, of which the other reads one line.
ends() {
    local statuses status=$1 errors=$2
    shift 2
    "$@" 2> "$scratch/error" | head -n 1 > "$scratch/output"
    statuses=("${PIPESTATUS[@]}")
    [[ ${statuses[0]} == "$status" ]] || fail "$*: status ${statuses[0]}, expected $status"
    file_matches "$scratch/error" "$errors" || fail "$*: says $(cat "$scratch/error")"
    [[ $(cat "$scratch/output") == "a line of"* ]] || fail "$*: wrote $(cat "$scratch/output")"
}

set +o pipefail
set +e
for cpus in 1 2; do
    ends 141 '' "$uhyve" -c $cpus "$PROGRAMS/process" pipe
    ends 0 $'errno 32, handled 13\n' "$uhyve" -c $cpus "$PROGRAMS/process" pipe-handled
    ends 0 $'errno 32, handled 0\n' "$uhyve" -c $cpus "$PROGRAMS/process" pipe-ignored
    ends 0 $'errno 32, handled 0\n' env --ignore-signal=PIPE "$uhyve" -c $cpus "$PROGRAMS/process" pipe
    ends 141 '' "$uhyve" -c $cpus "$PROGRAMS/process" pipe-stdio
done
set -e

# Standard error that nobody reads ends no report.
{
    status=0
    "$uhyve" "$PROGRAMS/process" raise 6 || status=$?
    printf '%s\n' "$status" > "$scratch/status"
} 2>&1 > "$scratch/output" | true
[[ $(cat "$scratch/status") == 134 ]] || fail "a crash report to nobody: $(cat "$scratch/status")"

# nohup has SIGHUP ignored.
nohup "$uhyve" "$PROGRAMS/process" actions 1 15 < /dev/null > "$scratch/output" 2> "$scratch/error"
file_matches "$scratch/output" $'ignored 1\ndefault 15\n' || fail "nohup: $(cat "$scratch/output")"

# What was written to a file is there after an end by a signal.
mkdir "$scratch/files"
for cpus in 1 2; do
    for round in 1 2 3; do
        "$DRIVE" see 'ready 0\n' signal 15 killed 15 -- "$uhyve" -c $cpus \
            --volume "$scratch/files:/files" "$PROGRAMS/process" file "/files/$round"
        [[ $(tail -n 1 "$scratch/files/$round") == "line 99" ]] || fail "a file has lost its end"
        rm "$scratch/files/$round"
    done
done

# What a parent has blocked is not blocked in the program, and does not keep it from its end.
for cpus in 1 4; do
    expect --status 124 --stdout $'ready 0\nhandler 15\nend 15\n' \
        timeout -s KILL 20 env --block-signal "$uhyve" -c $cpus --timeout 1 "$PROGRAMS/process" compute 15
done

# After SIGKILL no process and no file of it is there. The name of its own tells it from those of
# other tests.
mkdir "$scratch/tmp"
ln -s "$PROGRAMS/process" "$scratch/process"
for options in "-c 1" "-c 4 -m 4G" "-c 2 --timeout 1h"; do
    : > "$scratch/output" # what the one before has said does not count
    # shellcheck disable=SC2086  # a list of words
    TMPDIR=$scratch/tmp "$uhyve" $options "$scratch/process" compute > "$scratch/output" &
    guest=$!
    until grep -q ready "$scratch/output"; do
        sleep 0.01
    done
    kill -s KILL "$guest"
    status=0
    wait "$guest" || status=$?
    [[ $status == 137 ]] || fail "SIGKILL: status $status"
    [[ -z $(ls -A "$scratch/tmp") ]] || fail "SIGKILL leaves $(ls "$scratch/tmp")"
    ! pgrep -f "$scratch/process compute" > "$scratch/left" || fail "SIGKILL leaves a process"
done
