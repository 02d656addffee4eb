#!/bin/bash
# --initrd: the guest's root has what an archive has; a broken one is refused.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/host_files
tree=$scratch/tree
mkdir -p "$tree/files/inner" "$scratch/out"
head -c 400000 /dev/urandom > "$tree/files/data"
head -c 5 /dev/urandom > "$tree/files/inner/few"
: > "$tree/files/inner/nothing"
ln "$tree/files/data" "$tree/files/inner/same"
ln -s inner/few "$tree/files/link"
chmod 640 "$tree/files/data"

# unpacked FILE: the guest finds the whole tree in there.
unpacked() {
    expect "$uhyve" --initrd "$1" --volume "$scratch/out:/out" "$program" tree /files /out/files
    diff -r --no-dereference "$tree/files" "$scratch/out/files" || fail "$1: another tree"
    [[ $(stat -c %a "$scratch/out/files/data") == 640 ]] || fail "$1: modes"
    rm -r "$scratch/out/files"
    expect --stdout $'the same\n' "$uhyve" -c 2 --initrd "$1" "$program" sizes /files/inner/same
}

for format in ustar gnu pax; do
    tar -C "$tree" -c --format="$format" files > "$scratch/$format.tar"
    unpacked "$scratch/$format.tar"
done
for format in newc crc; do
    (cd "$tree" && find . | cpio --quiet -o -H "$format") > "$scratch/$format.cpio"
    unpacked "$scratch/$format.cpio"
done

# What the archive has can be written over, and stays as it is on the host.
cp "$scratch/ustar.tar" "$scratch/before"
expect "$uhyve" --initrd "$scratch/ustar.tar" "$program" copy /files/data /files/inner/few 1000
expect "$uhyve" --initrd "$scratch/ustar.tar" "$program" both /files/data
cmp "$scratch/ustar.tar" "$scratch/before" || fail 'the archive has changed'

# refused FILE REGEX
refused() {
    expect --status 125 --stderr "uhyve: the archive of --initrd cannot be used: $2 \(at byte [0-9]+\)"$'\n' \
        "$uhyve" --initrd "$1" "$program" sizes /files/data
}

head -c 300000 "$scratch/ustar.tar" > "$scratch/short.tar"
refused "$scratch/short.tar" 'it ends too soon'
head -c 300000 "$scratch/newc.cpio" > "$scratch/short.cpio"
refused "$scratch/short.cpio" 'it ends too soon'
gzip -1 < "$scratch/ustar.tar" > "$scratch/packed.tar.gz"
refused "$scratch/packed.tar.gz" 'it is compressed: unpack it first'
echo 'no archive at all' > "$scratch/text"
refused "$scratch/text" 'it is neither a tar nor a cpio \(newc\) archive'
tar -C "$tree" -c -P --transform='s,^,../,' files > "$scratch/outside.tar"
refused "$scratch/outside.tar" 'an entry has a bad name'
