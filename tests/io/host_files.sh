#!/bin/bash
# Files of the host: copied by the guest in pieces of many sizes, by several threads, and until there is
# no more room.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/host_files
folder=$scratch/folder
mkdir "$folder"

# guest [--status N] [--stdout REGEX] ARG...: /data is the folder.
guest() {
    local options=()
    while [[ $1 == --* ]]; do
        options+=("$1" "$2")
        shift 2
    done
    expect "${options[@]}" "$uhyve" -c "$cpus" --volume "$folder:/data" "$program" "$@"
}

head -c 8000000 /dev/urandom > "$folder/random"
head -c 700001 "$folder/random" > "$folder/less"
mkdir -p "$folder/tree/a/b" "$folder/tree/empty" "$folder/tree/$(printf 'n%.0s' {1..200})"
for ((i = 0; i < 30; i++)); do
    head -c $((i * i * 1001)) "$folder/random" > "$folder/tree/a/file $i"
done
ln -s ../a/b "$folder/tree/a/way"
ln -s nowhere "$folder/tree/dangling"
chmod 700 "$folder/tree/empty"
chmod 751 "$folder/tree/a/file 3"

for cpus in 1 2; do
    sizes=(4096 65536 65537 1048576)
    ((cpus == 1)) || sizes=(65536)
    for bytes in "${sizes[@]}"; do
        guest copy /data/random /data/copy "$bytes"
        cmp "$folder/random" "$folder/copy" || fail "pieces of $bytes bytes"
        rm "$folder/copy"
    done
    for bytes in 7 1000; do
        guest copy /data/less /data/copy "$bytes"
        cmp "$folder/less" "$folder/copy" || fail "pieces of $bytes bytes"
        rm "$folder/copy"
    done
    guest --stdout $'the same\n' sizes /data/less
    guest tree /data/tree /data/other
    diff -r --no-dereference "$folder/tree" "$folder/other" || fail 'another tree'
    [[ $(stat -c %a "$folder/other/a/file 3" "$folder/other/empty") == $'751\n700' ]] || fail modes
    rm -r "$folder/other"
    guest tree /data/tree /tmp/other
done

# Appended lines are whole, and all there, and so are those in their places.
for cpus in 1 2 4; do
    guest both /data/both
    tail -c +$((4 * 65536 + 1)) "$folder/both" | sort > "$scratch/appended"
    for ((i = 0; i < 4; i++)); do
        printf "thread $i line %04d\n" {0..499}
    done > "$scratch/lines"
    cmp "$scratch/appended" "$scratch/lines" || fail 'appended lines'
    for ((i = 0; i < 4; i++)); do
        tail -c +$((i * 65536 + 1)) "$folder/both" | sed -n 1,500p
    done > "$scratch/placed"
    cmp "$scratch/placed" "$scratch/lines" || fail 'lines in their places'
done

# A limit on the size of files, in KiB: what is written late is told of late.
cpus=1
(
    trap '' XFSZ
    ulimit -f 600
    guest --stdout $'EFBIG\nclose 0\ntold\n' late /data/late
)
[[ $(stat -c %s "$folder/late") == $((600 * 1024)) ]] || fail "$(stat -c %s "$folder/late") bytes"
[[ $(head -c 6 "$folder/late") == firstl ]] || fail 'the begin is not there'
