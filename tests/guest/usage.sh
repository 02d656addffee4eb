#!/bin/bash
# Help, version, wrong usage and files that cannot be run.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

hello=$EXAMPLES/hello
one_line='uhyve: [^
]+
'

for option in --help -h; do
    expect --stdout 'Usage: uhyve .*--memory-size SIZE.*--cpu-count N.*--output.*--env .*' "$uhyve" $option
done
for option in --version -V; do
    expect --stdout 'uhyve [0-9]+\.[0-9]+\.[0-9]+[^
]*
' "$uhyve" $option
done

# The monitor's own trouble: 125 and one line.
wrong() { expect --status 125 --stderr "$one_line" "$@"; }
wrong "$uhyve"
wrong "$uhyve" --no-such-option "$hello"
wrong "$uhyve" -m "$hello"
wrong "$uhyve" -m 1 "$hello"
wrong "$uhyve" -m 12Q "$hello"
wrong "$uhyve" -m 999999G "$hello"
wrong "$uhyve" -c 0 "$hello"
wrong "$uhyve" -c many "$hello"
wrong "$uhyve" --stats=xml "$hello"
wrong "$uhyve" --affinity 3-1 "$hello"
wrong "$uhyve" -e =x "$hello"
wrong env UHYVE_MEMORY_SIZE=lots "$uhyve" "$hello"

# What cannot be run: 127 and one line that names the file.
not_run() {
    expect --status 127 --stderr "uhyve: [^
]*${1##*/}[^
]*
" "$uhyve" "$1"
}
printf 'Just text.\n' > "$scratch/text"
: > "$scratch/empty"
head -c 100 "$hello" > "$scratch/short"
head -c 9000 "$hello" > "$scratch/cut"
cp "$hello" "$scratch/other"
printf '\xb7\x00' | dd of="$scratch/other" bs=1 seek=18 conv=notrunc status=none # AArch64
not_run "$scratch/no_such_file"
not_run "$scratch/text"
not_run "$scratch/empty"
not_run "$scratch/short"
not_run "$scratch/cut"
not_run "$scratch/other"
not_run "$scratch"
not_run /bin/true
not_run "$PROGRAMS/CTestTestfile.cmake"

# Options from the environment count, and the command line comes first.
expect --status 125 --stderr "$one_line" env UHYVE_CPU_COUNT=0 "$uhyve" "$hello"
expect --stdout '.*' env UHYVE_CPU_COUNT=0 "$uhyve" -c 1 "$hello"
expect --status 125 --stderr "$one_line" env HERMIT_MEM=1 "$uhyve" "$hello"
expect --stdout 'Hello.*' env HERMIT_MEM=64M HERMIT_CPUS=2 "$uhyve" "$hello"
expect --stdout '[0-9]+ checks, 0 failed
' env UHYVE_MEMORY_SIZE=64M "$uhyve" "$PROGRAMS/heap"
