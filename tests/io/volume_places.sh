#!/bin/bash
# Where mappings may lie: over /tmp, /dev and the root, and below the current folder.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

host=$scratch/host
mkdir -p "$host/folder"
printf 'of the host' > "$host/file"

# ---- Without a mapping: a root in memory ----

gone=/tmp/${scratch##*/}.in_guest # which the host has not
gives 'ls (empty)
write 0
cat text
kind folder
kind folder
kind device' --workdir / -- ls /tmp write "$gone" text cat "$gone" kind /dev kind /proc kind /dev/null
gives 'cat ENOENT' -- cat "$gone"

# The current folder has the host's path, and nothing is in it.
(
    cd "$host"
    gives "cwd $host
ls (empty)
write 0
cat text" -- cwd ls . write new text cat "$host/new"
)
[[ ! -e $host/new ]] || fail "a file came through without a mapping"

# ---- The current folder ----

(
    cd "$host"
    gives "cwd $host
cat of the host
write 0
ls file folder new
cat of the host" --volume .:. -- cwd cat file write new text ls . cat "$host/file"
    has new text
    gives "cwd $host
ls sub
cat of the host" --volume .:sub/deep -- cwd ls . cat sub/deep/file
    cd folder
    gives "cwd $host/folder
cat of the host" --volume ..:.. -- cwd cat ../file
)
gives 'cwd /home/me
cat of the host
cat of the host
chdir 0
cwd /home' --workdir /home/me --volume "$host:." -- cwd cat file cat /home/me/file chdir .. cwd
gives 'cwd /data/folder
cat of the host' --workdir /data/folder --volume "$host:/data" -- cwd cat ../file
gives 'cwd /
ls dev proc tmp work' --workdir / --volume "$host:/work" -- cwd ls .
gives 'cwd /deep/er
cat of the host' --workdir /deep/er --volume "$host:../inner" -- cwd cat ../inner/file

# ---- Over what is there ----

gives 'cat of the host
write 0
kind device' --volume "$host:/tmp" -- cat /tmp/file write /tmp/through tmp kind /dev/null
has "$host/through" tmp
gives 'cat of the host
cat ENOENT' --volume "$host:/dev" -- cat /dev/file cat /dev/null
gives 'cat of the host
kind device' --volume "$host/file:/dev/mine" -- cat /dev/mine kind /dev/null
gives 'cat of the host
cat ENOENT' --volume "$host:/proc" -- cat /proc/file cat /proc/version
gives 'cat of the host
write 0
kind device
write 0
cat memory
rename EXDEV' --volume "$host:/" --workdir / -- cat /file write /at_root root kind /dev/null write /tmp/x memory \
    cat /tmp/x rename /tmp/x /x
has "$host/at_root" root
[[ ! -e $host/tmp/x ]] || fail "/tmp lies in the mapping"
gives 'write EROFS
write 0' --volume "$host:/:ro" --workdir / -- write /x x write /tmp/x x
