#!/bin/bash
# The host changes files below the guest's hands: replaced, removed, grown.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

host=$scratch/host
mkfifo "$scratch/input"

# start CALL...: a guest with the mapping makes the calls; `wait` ends when `go` is called.
start() {
    rm -rf "$host" && mkdir -p "$host/folder"
    printf 'old' > "$host/file"
    # The one before must not be taken for what this one says.
    : > "$scratch/output"
    "$uhyve" --volume "$host:/data" "$call" "$@" < "$scratch/input" > "$scratch/output" 2> "$scratch/error" &
    guest=$!
    exec 5> "$scratch/input"
}

# until_said LINES: that many lines have come.
until_said() {
    for ((i = 0; i < 1000; i++)); do
        [[ $(wc -l < "$scratch/output") -lt $1 ]] || return 0
        sleep 0.01
    done
    fail "the guest says only: $(cat "$scratch/output" "$scratch/error")"
}

go() { echo >&5; }

# done_with EXPECTED: the guest has ended well and said just that.
done_with() {
    local status=0
    wait "$guest" || status=$?
    exec 5>&-
    [[ $status == 0 && ! -s $scratch/error ]] || fail "status $status: $(cat "$scratch/error")"
    [[ $(cat "$scratch/output") == "$1" ]] || fail "said: $(cat "$scratch/output")
not: $1"
}

# Replaced: the open file is the old one still, the name is the new one's.
start open /data/file 2 cat /data/file wait read 3 10 cat /data/file put 3 X size /data/file close 3
until_said 2
printf 'newer' > "$scratch/new" && mv "$scratch/new" "$host/file"
go
done_with 'open 3
cat old
wait 0
read old
cat newer
put 1
size 5
close 0'
has "$host/file" newer

# Removed, and made again.
start open /data/file 0 wait read 3 10 cat /data/file wait cat /data/file
until_said 1
rm "$host/file"
go
until_said 4
printf 'again' > "$host/file"
go
done_with 'open 3
wait 0
read old
cat ENOENT
wait 0
cat again'

# Grown: who opens it now, and who asks, sees it.
start cat /data/file wait size /data/file cat /data/file
until_said 1
printf ' and more' >> "$host/file"
go
done_with 'cat old
wait 0
size 12
cat old and more'

# The folder goes: nothing is found there, nothing is made there, and nothing breaks.
start cat /data/file chdir /data/folder wait cat /data/file write /data/new x mkdir /data/new ls /data \
    write new x cwd chdir / cwd
until_said 2
rm -r "$host"
go
for ((i = 0; i < 1000; i++)); do
    [[ $(wc -l < "$scratch/output") -lt 11 ]] || break
    sleep 0.01
done
exec 5>&-
wait "$guest" || fail "status $?: $(cat "$scratch/error")"
file_matches "$scratch/output" 'cat old
chdir 0
wait 0
cat ENOENT
write ENOENT
mkdir ENOENT
ls (ENOENT|\(empty\))
write ENOENT
cwd (ENOENT|/data/folder)
chdir 0
cwd /
' || fail "said: $(cat "$scratch/output")"
[[ ! -e $host ]] || fail "the folder is there again"

# Renamed on the host: the mapping is the folder, not its name.
start cat /data/file wait cat /data/file write /data/new made
until_said 1
mv "$host" "$scratch/moved"
go
done_with 'cat old
wait 0
cat old
write 0'
has "$scratch/moved/new" made
