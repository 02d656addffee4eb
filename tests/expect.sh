# To be sourced by Bash tests: runs commands and compares all they do with what is expected.
#
# Sets $uhyve (the command under test; $UHYVE overrides it) and $scratch, a folder that goes away.
# shellcheck shell=bash
set -euo pipefail

# Nothing of the caller's settings reaches the monitor.
for variable in $(compgen -e); do
    case $variable in UHYVE_* | HERMIT_*) unset "$variable" ;; esac
done

# shellcheck disable=SC2034  # for the scripts that source it
uhyve=${UHYVE:-$STAGE/bin/uhyve}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

# needs PROGRAM PACKAGE: ends the test if the program, or the file, is not there, with Debian's package that has it.
needs() {
    [[ -e $1 ]] || type -P "$1" > /dev/null || fail "there is no $1: please install $2"
}

# Whether the whole of file $1 matches the extended regular expression $2. Nothing is lost at its
# end; a file with NUL bytes cannot be compared like this.
file_matches() {
    local text
    text=$(cat "$1" && printf x)
    [[ ${text%x} =~ ^($2)$ ]]
}

show_stream() {
    printf -- '---- standard %s (%s bytes):\n' "$1" "$(stat -c %s "$scratch/$1")" >&2
    head -c 2000 "$scratch/$1" | cat -v >&2
}

mismatch() {
    printf -- '---- command: %s\n' "$*" >&2
    show_stream output
    show_stream error
}

# expect [--status N] [--stdout REGEX | --stdout-file FILE] [--stderr REGEX] [--stdin FILE] COMMAND...
#
# Ends the test unless status and both streams are as expected; the default is 0 and nothing.
# The streams stay in $scratch/output and $scratch/error. Standard input is empty by default.
expect() {
    local status=0 stdout='' stdout_file='' stderr='' stdin=/dev/null got=0
    while [[ ${1-} == --* ]]; do
        case $1 in
            --status) status=$2 ;;
            --stdout) stdout=$2 ;;
            --stdout-file) stdout_file=$2 ;;
            --stderr) stderr=$2 ;;
            --stdin) stdin=$2 ;;
            --)
                shift
                break
                ;;
            *) fail "expect: unknown option $1" ;;
        esac
        shift 2
    done
    "$@" < "$stdin" > "$scratch/output" 2> "$scratch/error" || got=$?
    if [[ $got != "$status" ]]; then
        mismatch "$@"
        fail "exit status $got, expected $status"
    fi
    if [[ -n $stdout_file ]]; then
        if ! cmp "$scratch/output" "$stdout_file" >&2; then
            mismatch "$@"
            fail "standard output differs from $stdout_file"
        fi
    elif ! file_matches "$scratch/output" "$stdout"; then
        mismatch "$@"
        fail "standard output does not match: $stdout"
    fi
    if ! file_matches "$scratch/error" "$stderr"; then
        mismatch "$@"
        fail "standard error does not match: $stderr"
    fi
}

# The figure called $2 in the statistics (--stats=json) in file $1; 0 if it is not there.
figure() {
    local value
    value=$(grep -o '"launch_us_to_guest".*' "$1" | grep -o "\"$2\": [0-9]*" || true)
    printf '%s\n' "$((${value##* } + 0))"
}

milliseconds() { printf '%s\n' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }
