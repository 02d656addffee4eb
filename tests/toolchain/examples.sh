#!/bin/bash
# Each example is built and run by the line that it begins with.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

root=$(readlink -f "${BASH_SOURCE[0]%/*}/../..")
cp "$root"/examples/*.* "$scratch"
cd "$scratch" || exit
PATH=$STAGE/bin:$PATH
count=0
for file in *.c *.cpp *.f90; do
    line=$("$root/scripts/example-line.sh" "$file") || fail "$file: no line that builds and runs it"
    # A language may have been left out.
    [[ -x $STAGE/bin/${line%% *} ]] || continue
    expect --stdout '.+' bash -c "$line"
    count=$((count + 1))
done
((count >= 8)) || fail "$count examples only"
