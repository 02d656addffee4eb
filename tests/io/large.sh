#!/bin/bash
# Files larger than 4 GiB, mapped and as standard streams. They are sparse: little is written.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

folder=$scratch/folder
mkdir "$folder"
four=$((4 << 30)) five=$((5 << 30))

truncate -s $five "$folder/large"
printf 'edge' | dd of="$folder/large" bs=1 seek=$((four - 2)) conv=notrunc status=none
printf 'end' | dd of="$folder/large" bs=1 seek=$((five - 3)) conv=notrunc status=none

gives "size $five
open 3
seek $((four - 2))
read edge
seek $((four + 2))
seek $((five - 3))
read end
pread end
seek $five
put 4
fsize $((five + 4))
pwrite 5
truncate 0
fsize $((six = 6 << 30))" --volume "$folder:/data" -- size /data/large open /data/large 2 seek 3 $((four - 2)) set \
    read 3 4 seek 3 0 cur seek 3 -3 end read 3 3 pread 3 $((five - 3)) seek 3 0 end put 3 more fsize 3 \
    pwrite 3 wrote $((four + 100)) truncate /data/large $six fsize 3
[[ $(stat -c %s "$folder/large") == "$six" ]] || fail "$(stat -c %s "$folder/large") bytes"
[[ $(dd if="$folder/large" bs=1 skip=$five count=4 status=none) == more ]] || fail "not at 5 GiB"
[[ $(dd if="$folder/large" bs=1 skip=$((four + 100)) count=5 status=none) == wrote ]] || fail "not at 4 GiB"

gives 'write 0
truncate 0
open 3
pwrite 4
seek 4294967296
put 3
pread far?new
fsize 5368709120' -- write /tmp/large x truncate /tmp/large $five open /tmp/large 2 pwrite 3 'far?' $((four - 4)) \
    seek 3 $four set put 3 new pread 3 $((four - 4)) fsize 3

# As input and output: the offset that other processes see is as large.
expect --stdin "$folder/large" --stdout "seek $((four - 2))
read edge
seek $five
read more
" "$uhyve" "$call" seek 0 $((four - 2)) set read 0 4 seek 0 $five set read 0 4
{
    "$uhyve" "$call" report 2 seek 1 $five set put 1 behind 2> "$scratch/said"
    printf ' it'
} 1<> "$folder/large"
[[ $(dd if="$folder/large" bs=1 skip=$five count=9 status=none) == 'behind it' ]] || fail "not behind 5 GiB"

# Behind the end.
gives "append 0
size $((six + 4))" --volume "$folder:/data" -- append /data/large last size /data/large
