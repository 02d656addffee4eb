#!/bin/bash
# A report about a program with debug information that takes gigabytes to read: it comes, with what
# is known without that, and the monitor takes 1 GiB for it.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

most_kib=$((1200 * 1024))

expect --status 139 --stderr 'uhyve: .*: bad access: write to 0x0+ .null pointer.
  at main.* .lines.c:1.
.*' "$uhyve" "$PROGRAMS/debug_lines_1000"

expect --status 139 --stderr 'uhyve: .*: bad access: write to 0x0+ .null pointer.
  at main.*' "$uhyve" --stats=json "$PROGRAMS/debug_lines_20000000"
peak_kib=$(sed -nE 's/.*"memory_kib_peak": ([0-9]+).*/\1/p' "$scratch/error")
((peak_kib < most_kib)) || fail "the monitor took $peak_kib KiB"
