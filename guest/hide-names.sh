#!/bin/sh
# hide-names.sh ARCHIVE EXPORTS: leaves programs all names that are not the C library's.
#
# Names of the file EXPORTS stay, as weak symbols: a program may have a function called wait. All
# other global names that the archive defines get the prefix __uhyve_, but for reserved ones.
set -eu
export LC_ALL=C

archive=$1 exports=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

nm -g --defined-only "$archive" | awk 'NF == 3 && $3 !~ /^_/ { print $3 }' | sort -u > "$work/defined"
grep -v '^#' "$exports" | sort -u > "$work/exports"
comm -12 "$work/defined" "$work/exports" > "$work/weak"
comm -23 "$work/defined" "$work/exports" | awk '{ print $1, "__uhyve_" $1 }' > "$work/hidden"
objcopy --weaken-symbols="$work/weak" --redefine-syms="$work/hidden" "$archive"
