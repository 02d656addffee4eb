#!/bin/sh
# hide-names.sh ARCHIVE EXPORTS: leaves programs all names that are not the C library's.
#
# Names of the file EXPORTS stay, as weak symbols: a program may have a function called wait. All
# other global names that the archive defines get the prefix __uhyve_, but for reserved ones.
set -eu
export LC_ALL=C

archive=$(realpath "$1") exports=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -g --defined-only "$archive" | awk 'NF == 3 && $3 !~ /^_/ { print $3 }' | sort -u > "$work/defined"
grep -v '^#' "$exports" | sort -u > "$work/exports"
comm -23 "$work/defined" "$work/exports" | awk '{ print $1, "__uhyve_" $1 }' > "$work/hidden"
objcopy --redefine-syms="$work/hidden" "$archive"

# Definitions become weak, references do not: a weak one would not bring in the member that defines
# it. So each member is done alone. Names of members may occur twice.
number=0
ar t "$archive" | awk '{ print ++count[$0], $0 }' > "$work/members"
while read -r count member; do
    number=$((number + 1))
    mkdir "$work/$number"
    (cd "$work/$number" && ar xN "$count" "$archive" "$member")
    nm -g --defined-only "$work/$number/$member" | awk 'NF == 3 { print $3 }' | sort -u |
        comm -12 - "$work/exports" > "$work/weak"
    if [ -s "$work/weak" ]; then
        objcopy --weaken-symbols="$work/weak" "$work/$number/$member"
    fi
    echo "$work/$number/$member" >> "$work/files"
done < "$work/members"
xargs ar qcs "$work/new.a" < "$work/files"
mv "$work/new.a" "$archive"
