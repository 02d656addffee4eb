#!/bin/bash
# --ulimit and --hostname, as the program sees them.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/limits

expect --stdout $'nofile 20 40\n.*opened 20\n' "$uhyve" --ulimit nofile=20:40 "$program"
expect --stdout $'nofile 25 25\n.*opened 25\n' "$uhyve" --ulimit nofile=25 "$program"
expect --stdout $'.*\nstack 4194304 .*\n.*' "$uhyve" --ulimit stack=4194304 "$program"
expect --stdout $'.*\nhost some\.name\n.*' "$uhyve" --hostname some.name "$program"
expect --stdout ".*"$'\n'"host $(uname -n)"$'\n.*' "$uhyve" "$program"
