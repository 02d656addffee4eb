#!/bin/bash
# host.sh PROGRAM [ARG]...: runs a test of files in a fresh folder of the host.
source "${BASH_SOURCE[0]%/*}/../../expect.sh"

mkdir "$scratch/folder"
expect --stdout '[0-9]+ checks, 0 failed
' "$uhyve" -c 2 --volume "$scratch/folder:/mapped" "$1" /mapped "${@:2}"
rmdir "$scratch/folder" || fail "it has left files behind"
