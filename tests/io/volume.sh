#!/bin/bash
# Files and folders of the host in the guest: --volume with all it takes.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

host=$scratch/host
mkdir -p "$host/folder/deep" "$scratch/other"
printf 'of the host' > "$host/file"
printf 'deep' > "$host/folder/deep/file"
printf 'other' > "$scratch/other/file"

# ---- A folder ----

gives 'cat of the host
ls file folder
cat deep
kind folder
kind file
size 11
cat of the host' --volume "$host:/data" -- cat /data/file ls /data cat /data/folder/deep/file \
    kind /data kind /data/file size /data/file cat /data/folder/../../data/./file
gives 'write 0
append 0
cat made and more
mkdir 0
rename 0
symlink 0
link 0
chmod 0
truncate 0' --volume "$host:/data" -- write /data/new made append /data/new ' and more' cat /data/new \
    mkdir /data/empty rename /data/new /data/empty/moved symlink empty/moved /data/link \
    link /data/empty/moved /data/twin chmod /data/twin truncate /data/twin 4
has "$host/empty/moved" made
has "$host/link" made
[[ $(stat -c '%h %a' "$host/twin") == '2 600' ]] || fail "link and mode: $(stat -c '%h %a' "$host/twin")"
gives 'unlink 0
unlink 0
unlink 0
rmdir 0' --volume "$host:/data" -- unlink /data/twin unlink /data/link unlink /data/empty/moved rmdir /data/empty
[[ $(ls "$host") == $'file\nfolder' ]] || fail "not all is gone: $(ls "$host")"

# The guest's umask is the monitor's.
(umask 077 && gives 'write 0
mkdir 0' --volume "$host:/data" -- write /data/new x mkdir /data/made)
[[ $(stat -c %a "$host/new") == 600 && $(stat -c %a "$host/made") == 700 ]] || fail "umask"
rm -r "$host/new" "$host/made"

# Other ways to say it.
for option in "--volume=$host:/data" "--file-mapping=$host:/data" "--volume=$host:/data:rw" \
    "--volume=$host:/data/" "--volume=$host/:/data" "--volume=$host:/./x/..//data"; do
    gives 'cat of the host' "$option" -- cat /data/file
done
(cd "$scratch" && gives 'cat of the host' --volume host:/data -- cat /data/file)
printf 'cat %s\n' 'of the host' other > "$scratch/expected"
expect --stdout-file "$scratch/expected" env \
    UHYVE_VOLUMES="$host:/data"$'\n'"$scratch/other:/more" "$uhyve" "$call" cat /data/file cat /more/file

# A path of several parts, and what is beside it.
gives 'cat of the host
ls b
ls c
ls file folder
kind folder' --volume "$host:/a/b/c" -- cat /a/b/c/file ls /a ls /a/b ls /a/b/c kind /a/b

# ---- A file ----

gives 'cat of the host
kind file
size 11
write 0
append 0
cat new!' --volume "$host/file:/etc/conf" -- cat /etc/conf kind /etc/conf size /etc/conf \
    write /etc/conf new append /etc/conf ! cat /etc/conf
has "$host/file" 'new!'
expect --stdout 'unlink E[A-Z]+
rename E[A-Z]+
cat ENOTDIR
ls ENOTDIR
cat new!
' "$uhyve" --volume "$host/file:/etc/conf" "$call" unlink /etc/conf rename /etc/conf /etc/other \
    cat /etc/conf/x ls /etc/conf cat /etc/conf
has "$host/file" 'new!'

# ---- Read-only ----

changes=(write /ro/file x append /ro/file x open /ro/file 1 open /ro/file 2 open /ro/file 512
    write /ro/new x open /ro/new 0x41 mkdir /ro/made rmdir /ro/folder/deep/none rmdir /ro/folder
    unlink /ro/file rename /ro/file /ro/file2 link /ro/file /ro/twin symlink x /ro/link
    chmod /ro/file chown /ro/file touch /ro/file truncate /ro/file 0 access /ro/file 2)
gives 'write EROFS
append EROFS
open EROFS
open EROFS
open EROFS
write EROFS
open EROFS
mkdir EROFS
rmdir ENOENT
rmdir EROFS
unlink EROFS
rename EROFS
link EROFS
symlink EROFS
chmod EROFS
chown EROFS
touch EROFS
truncate EROFS
access EROFS' --volume "$host:/ro:ro" -- "${changes[@]}"
gives 'cat new!
ls file folder
access 0
open 3
fchmod EROFS
ftruncate EINVAL
put EBADF
read new
mkdir EEXIST
cat ENOENT' --volume "$host:/ro:ro" -- cat /ro/file ls /ro access /ro/file 4 open /ro/file 0100 fchmod 3 \
    ftruncate 3 0 put 3 x read 3 3 mkdir /ro/folder cat /ro/absent
gives 'write EROFS
cat new!' --volume "$host/file:/conf:ro" -- write /conf x cat /conf
has "$host/file" 'new!'

# ---- Several ----

# The deeper one counts, whatever the order.
for order in "$host:/data $scratch/other:/data/folder" "$scratch/other:/data/folder $host:/data"; do
    gives 'cat new!
cat other
cat ENOENT
cat other
ls file' --volume "${order% *}" --volume "${order#* }" -- cat /data/file cat /data/folder/file \
        cat /data/folder/deep/file cat /data/folder/../folder/file ls /data/folder
done
gives 'write EROFS
write 0
cat inner' --volume "$host:/data:ro" --volume "$scratch/other:/data/inner" -- write /data/x x \
    write /data/inner/x inner cat /data/inner/x
has "$scratch/other/x" inner
gives 'rename EXDEV
link EXDEV
rename 0' --volume "$host:/data" --volume "$scratch/other:/other" -- rename /data/file /other/moved \
    link /data/file /other/twin rename /other/x /other/y
# One folder in two places.
gives 'write 0
cat twice
write EROFS' --volume "$host:/one" --volume "$host:/two:ro" -- write /one/new twice cat /two/new write /two/new x
many=()
for ((i = 0; i < 40; i++)); do
    many+=(--volume "$host:/data$i")
done
gives 'cat twice
cat twice' "${many[@]}" -- cat /data0/new cat /data39/new
