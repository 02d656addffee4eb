#!/bin/bash
# zlib: its makefile's test, the coverage test of inflate, and minigzip on files.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

tree=$PROGRAMS/zlib/source
export PATH=$STAGE/bin:$PATH
unset MAKEFLAGS MAKELEVEL MFLAGS
guest=(uhyve --volume .:.)

# The makefile has a place for what runs a program of another machine.
expect --stdout $'.*hello world\n.*zlib version 1\\.2\\.13.*large_inflate\\(\\): OK\n.*zlib test OK.*' \
    make -C "$tree" QEMU_RUN="${guest[*]}" check
expect --stderr '.*inflate init: .*allocated.*copy direct from output: [0-9]+ high water mark.' "$uhyve" "$tree/infcover"

# Files: compressed in the guest, read on the host, and back; byte for byte as large as they were.
cd "$scratch" || exit
seq 400000 > numbers
head -c 3000000 /dev/urandom > random
for name in numbers random; do
    cp $name $name.kept
    expect "${guest[@]}" "$tree/minigzip" -9 $name
    [[ ! -e $name ]] || fail "$name is still there"
    gzip -t $name.gz
    gzip -dc $name.gz | cmp - $name.kept
    expect "${guest[@]}" "$tree/minigzip" -d $name.gz
    cmp $name $name.kept
done
gzip -c numbers > host.gz
expect --stdout-file numbers "${guest[@]}" "$tree/minigzip" -d -c host.gz
expect --stdin host.gz --stdout-file numbers "$uhyve" "$tree/minigzip" -d
expect --status 1 --stderr '.*minigzip: can.t gzopen none.gz.*' "${guest[@]}" "$tree/minigzip" -d none.gz
