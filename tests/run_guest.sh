#!/bin/bash
# run_guest.sh [--status N] [--stdout REGEX] [--stderr REGEX] [--stdin FILE] -- [OPTION]... FILE [ARG]...
#
# Runs a guest program under uhyve and checks its exit status and both of its output streams.
source "${BASH_SOURCE[0]%/*}/expect.sh"

expected=()
while [[ $1 != -- ]]; do
    expected+=("$1")
    shift
done
shift
expect "${expected[@]}" -- "$uhyve" "$@"
