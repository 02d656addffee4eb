#!/bin/bash
# Standard streams that are regular files: offsets, which other processes share, and ends.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

file=$scratch/file
fresh() { printf '0123456789' > "$file"; }
fresh

# says EXPECTED CALL...: for calls that have $file as a stream; what they give comes on standard error.
says() {
    "$uhyve" "$call" report 2 "${@:2}" 2> "$scratch/said" || fail "status $?: $(cat "$scratch/said")"
    [[ $(cat "$scratch/said") == "$1" ]] || fail "$(printf 'said: %s\nnot: %s' "$(cat "$scratch/said")" "$1")"
}

# ---- Input ----

says 'read 012
seek 3
pread 56789
seek 3
read 34
seek 1
read 123456789
read 0
seek 10
fsize 10
fkind file
flags read
put EBADF
ftruncate EINVAL' read 0 3 seek 0 0 cur pread 0 5 seek 0 0 cur read 0 2 seek 0 1 set read 0 100 read 0 100 \
    seek 0 0 cur fsize 0 fkind 0 flags 0 put 0 x ftruncate 0 0 < "$file"
says 'seek 7
read 789
seek EINVAL' seek 0 -3 end read 0 10 seek 0 -1 set < "$file"
# By its name: the stream with its offset, or on Linux the file once more.
says 'cat 0123456789
seek 0
read 01' cat /dev/stdin seek 0 0 set read 0 2 < "$file"

# The offset is the shell's, too.
{
    says 'read 01234' read 0 5
    [[ $(head -c 2) == 56 ]] || fail "the next process begins elsewhere"
    says 'read 789' read 0 10
    says 'seek 2' seek 0 2 set
    says 'read 23' read 0 2
    says 'pread 0123456789' pread 0 0
    says 'read 45' read 0 2
} < "$file"
# From where the shell left it.
{
    read -r -N 4 word
    [[ $word == 0123 ]]
    says 'seek 4
read 456789' seek 0 0 cur read 0 100
} < "$file"

# ---- Output ----

says 'put 3
seek 1
put 1
seek 2
fsize 3
fkind file
seek 3
put 1
ftruncate 0
fsize 2
seek 4
flags write
read EBADF
pwrite 2' put 1 abc seek 1 1 set put 1 X seek 1 0 cur fsize 1 fkind 1 seek 1 0 end put 1 d ftruncate 1 2 fsize 1 \
    seek 1 0 cur flags 1 read 1 1 pwrite 1 YZ 0 > "$file"
has "$file" YZ

# One after the other into one file, and behind what is there.
{
    says 'put 4' put 1 'one '
    printf 'shell '
    says 'put 4' put 1 'two '
    says 'seek 3
put 1' seek 1 3 set put 1 -
    printf '*'
} > "$file"
has "$file" 'one-*hell two '
fresh
says 'flags write append
put 3
seek 13
seek 0
put 1
seek 14' flags 1 put 1 abc seek 1 0 cur seek 1 0 set put 1 d seek 1 0 cur >> "$file"
has "$file" 0123456789abcd
{
    says 'put 1' put 1 e
    printf f
    says 'put 1' put 1 g
} >> "$file"
has "$file" 0123456789abcdefg
fresh
{
    printf ab
    says 'seek 2
put 1' seek 1 0 cur put 1 c
} 1<> "$file"
has "$file" abc3456789

# Two that write at the same time, at its end.
: > "$file"
for name in x y; do
    lines=()
    for ((i = 0; i < 100; i++)); do
        lines+=(put 1 "$name$name$name"$'\n')
    done
    "$uhyve" "$call" report 2 "${lines[@]}" >> "$file" 2> /dev/null &
done
wait
[[ $(wc -l < "$file") == 200 && $(grep -cx -e xxx -e yyy "$file") == 200 ]] || fail "lines are lost or mixed"

# ---- Both, and ends that are read or written only ----

fresh
says 'read 01
put 2
read 45
flags both' read 0 2 put 0 ab read 0 2 flags 0 0<> "$file"
has "$file" 01ab456789
says 'put EBADF' put 1 x 1< "$file"
says 'read EBADF' read 0 1 0> "$file"
fresh
says 'close 0
open 1
read 012
close 0
read EBADF' close 1 open /dev/null 0 read 0 3 close 0 read 0 1 < "$file"

# A file whose name is gone.
exec 6> "$file"
rm "$file"
says 'put 4
seek 0
fsize 4' put 1 gone seek 1 0 set fsize 1 >&6
exec 6>&-
