#!/bin/bash
# Runs the cases of a file (see cmake/hwvirt.cmake) in one boot of the emulated machine.
# usage: run_cases.sh MONITOR CASES. Exit status: 77 (skipped) where HWVIRT=0 is in the environment.
set -euo pipefail

if [[ ${HWVIRT:-1} == 0 ]]; then
    echo "skipped: HWVIRT=0"
    exit 77
fi

monitor=$1 cases=$2
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The machine has each program once, by its name.
declare -A program_of=()
files=(-f "$monitor=/vm/uhyve" -f "$here/in_machine.sh=/vm/in_machine.sh" -f "$cases=/vm/cases")
while IFS='|' read -r name program _; do
    base=${program##*/}
    if [[ -z ${program_of[$base]:-} ]]; then
        program_of[$base]=$program
        files+=(-f "$program=/vm/guests/$base")
    elif [[ ${program_of[$base]} != "$program" ]]; then
        echo "case $name: another program is named $base too: ${program_of[$base]}" >&2
        exit 1
    fi
done < "$cases"

# Half of its memory is for files: the programs are some hundred megabytes.
status=0
"$here/../../scripts/hwvirt-run.sh" -t 450 -m 2048 "${files[@]}" -- sh in_machine.sh |
    tee "$work/output" || status=$?

# The machine itself may have stopped, or died.
if ((status == 124 || status == 125)); then
    ended=$(grep -cE '^(ok|FAILED) ' "$work/output" || true)
    sed -n "$((ended + 1)){s/|.*//;s/^/it was at case /p}" "$cases"
fi

# A machine that ran nothing has proved nothing.
wanted=$(grep -c . "$cases" || true)
passed=$(grep -c '^ok ' "$work/output" || true)
echo "$passed of $wanted passed"
((status == 0 && wanted > 0 && passed == wanted))
