#!/bin/bash
# Some tries, and a plain run in the strictest sandbox, under emulated SVM and on another kernel than
# the host's. usage: hwvirt.sh TRIES HELLO. Exit status: 77 (skipped) where HWVIRT=0 is in the
# environment.
set -euo pipefail

if [[ ${HWVIRT:-1} == 0 ]]; then
    echo "skipped: HWVIRT=0"
    exit 77
fi

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$here/../../scripts/hwvirt-run.sh" -t 200 -f "$STAGE/bin/uhyve=/vm/uhyve" -f "$1=/vm/tries" \
    -f "$2=/vm/hello" -- sh -c '
        ./tries /vm/hello /vm/hello few few_files; echo "tries: $?"
        ./uhyve -v --file-isolation strict hello 2>&1; echo "strict: $?"' | tee "$output"
grep -q '^tries: 0$' "$output" && grep -q '^strict: 0$' "$output" &&
    grep -q '^Hello from a unikernel$' "$output" &&
    grep -q 'system calls filtered, files by Landlock, version ' "$output"
