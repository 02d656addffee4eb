#!/bin/bash
# No path leads out of its mapping: symbolic links, '..', and what else looks like a way.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

host=$scratch/host
mkdir -p "$host/folder" "$scratch/beside"
printf 'inside' > "$host/folder/file"
printf 'secret' > "$scratch/secret"
printf 'secret' > "$scratch/beside/secret"

ln -s folder/file "$host/plain"
ln -s /folder/file "$host/absolute"
ln -s "$scratch/secret" "$host/out"
ln -s ../secret "$host/up"
ln -s ../../../../../../../../../../../../etc/passwd "$host/far_up"
ln -s /etc/passwd "$host/passwd"
ln -s ../beside "$host/way"
ln -s / "$host/root"
ln -s .. "$host/parent"
ln -s /proc/self/root/etc/passwd "$host/magic"
ln -s ../../folder/file "$host/folder/high"

# Absolute ones resolve inside; '..' ends at the mapping's root.
gives 'cat inside
cat inside
cat inside
cat ENOENT
cat ENOENT
cat ENOENT
cat ENOENT
cat ENOENT
cat ENOENT
readlink /folder/file
cat inside
cat inside
cat ENOENT
cat ENOENT' --volume "$host:/data" -- cat /data/plain cat /data/absolute cat /data/folder/high \
    cat /data/out cat /data/up cat /data/far_up cat /data/passwd cat /data/way/secret cat /data/magic \
    readlink /data/absolute cat /data/root/folder/file cat /data/parent/folder/file \
    cat /data/root/etc/passwd cat /data/parent/secret

# Nor do other calls get out.
gives 'write ENOENT
mkdir ENOENT
unlink ENOENT
rename ENOENT
rename ENOENT
chmod ENOENT
truncate ENOENT
touch ENOENT
link ENOENT
ls ENOENT
chdir ENOENT
size ENOENT' --volume "$host:/data" -- write /data/way/new x mkdir /data/way/new unlink /data/way/secret \
    rename /data/way/secret /data/stolen rename /data/plain /data/way/gone chmod /data/out truncate /data/out 0 \
    touch /data/up link /data/way/secret /data/stolen ls /data/way chdir /data/way size /data/up
has "$scratch/secret" secret
[[ $(ls "$scratch/beside") == secret ]] || fail "something got out: $(ls "$scratch/beside")"

# What is written over a link that leads out comes to be inside.
gives 'write 0' --volume "$host:/data" -- write /data/up kept
has "$scratch/secret" secret
has "$host/secret" kept

# The guest's own links and paths may cross mappings, for they are the guest's.
gives 'symlink 0
cat inside
cat inside
cat ENOENT' --volume "$host:/data" -- symlink /data/folder /tmp/way cat /tmp/way/file \
    cat /tmp/way/../folder/file cat /data/../secret

# A file put in the place of a folder, a link in the place of a file, while the guest looks.
gives 'symlink 0
cat ENOENT
unlink 0
mkdir 0
rename 0
cat ENOENT' --volume "$host:/data" -- symlink "$scratch/secret" /data/made cat /data/made unlink /data/made \
    mkdir /data/lower rename /data/parent /data/lower/parent cat /data/lower/parent/../secret

# What is neither file nor folder is not opened.
mkfifo "$host/pipe"
gives 'kind pipe
open ENXIO
unlink 0' --volume "$host:/data" -- kind /data/pipe open /data/pipe 0 unlink /data/pipe
