#!/bin/bash
# bc and dc give what they give on Linux, for all of bc's tests and examples; with statements from files
# and from standard input.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

tree=$PROGRAMS/bc
cd "$tree/source/Test" || exit
count=0
# compare PROGRAM [ARG...]: its output in the guest is that of Linux. Standard input is the file input.
compare() {
    local program=$1
    shift
    timeout 60 "$tree/linux/$program" "$@" < "$scratch/input" > "$scratch/linux" 2> "$scratch/linux.error"
    expect --stdin "$scratch/input" --stdout-file "$scratch/linux" --stderr "$(< "$scratch/linux.error")" \
        "$uhyve" --volume ..:.. "$tree/build/$program" "$@"
    count=$((count + 1))
}

# What the functions of the library are checked with.
for file in *.b; do
    echo 'quit' > "$scratch/input"
    case $file in
        checklib.b | testfn.b) continue ;; # functions for use by hand
    esac
    compare bc/bc -l "$file"
done
