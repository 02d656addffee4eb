#!/bin/bash
# No instruction that ring 3 must not have is in libraries and programs of guests, outside of the
# nucleus's sections. usage: instructions.sh FILE... (objects, archives, programs)
set -euo pipefail
export LC_ALL=C
here=${BASH_SOURCE[0]%/*}
status=0

for file; do
    objdump -d -w --no-show-raw-insn "$file" |
        awk -v allowed="$here/allowed-instructions.txt" \
            -v upcall_objects="$here/upcall-objects.txt" -f "$here/instructions.awk" || status=1
done

# A list that names what is not there checks nothing.
for file; do
    if [[ $file == */libuhyve.a ]]; then
        while read -r object; do
            if [[ $object != '#'* ]] && ! ar t "$file" | grep -xF "$object" > /dev/null; then
                echo "$file has no $object, which upcall-objects.txt names"
                status=1
            fi
        done < "$here/upcall-objects.txt"
    fi
done
# Nor may code of upcalls leave its vector registers to the memory functions.
for file; do
    [[ $file == */libuhyve.a ]] || continue
    while read -r object; do
        if [[ $object != '#'* ]] &&
            nm -A -u "$file" | grep -E ":$object: +U (memcpy|memmove|memset|memcmp)$"; then
            echo "$object runs in upcalls and calls a memory function"
            status=1
        fi
    done < "$here/upcall-objects.txt"
done
exit "$status"
