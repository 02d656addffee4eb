#!/bin/bash
# --output: to a file, to nowhere, and what cannot be written.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

hello=$EXAMPLES/hello

expect "$uhyve" --output "$scratch/file" "$hello"
[[ $(cat "$scratch/file") == 'Hello from a unikernel' ]] || fail "--output FILE: wrong content"
expect "$uhyve" -o "$scratch/file" "$PROGRAMS/input" read # empties it
[[ ! -s $scratch/file ]] || fail "-o FILE: not emptied"
expect env UHYVE_OUTPUT="$scratch/file" "$uhyve" "$hello"
[[ $(cat "$scratch/file") == 'Hello from a unikernel' ]] || fail "UHYVE_OUTPUT: wrong content"
expect "$uhyve" --output none "$hello"
[[ ! -e none ]] || fail "--output none: made a file"
expect --stdout 'Hello from a unikernel
' env UHYVE_OUTPUT=none "$uhyve" --output - "$hello"
expect --status 125 --stderr 'uhyve: [^
]*/no/such/folder/file: No such file or directory
' "$uhyve" --output /no/such/folder/file "$hello"
