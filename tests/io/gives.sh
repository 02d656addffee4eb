# To be sourced by the tests of this folder, after expect.sh: what calls of a guest program give.
# shellcheck shell=bash

call=$PROGRAMS/call

# gives EXPECTED [OPTION]... -- CALL...: a guest with these options makes these calls (see call.c), and
# says just these lines.
# shellcheck disable=SC2154  # expect.sh sets $uhyve and $scratch
gives() {
    local expected=$1 options=()
    shift
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    printf '%s\n' "$expected" > "$scratch/expected"
    expect --stdout-file "$scratch/expected" "$uhyve" "${options[@]}" "$call" "$@"
}

# has FILE TEXT: a file of the host has just this text.
has() {
    [[ $(cat "$1" && printf x) == "$2x" ]] || fail "$1 has $(cat "$1"), not $2"
}
