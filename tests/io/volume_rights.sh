#!/bin/bash
# What a guest writes does not run with the rights of its user: a program on the host with a set-user
# or set-group bit loses that when it is written, also if root runs uhyve.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

host=$scratch/host
mkdir "$host"
for way in write append; do
    printf 'old' > "$host/$way"
    chmod 6755 "$host/$way"
    "$uhyve" --volume "$host:/data" "$call" "$way" "/data/$way" new > "$scratch/output"
    mode=$(stat -c %a "$host/$way")
    [[ $mode == 755 ]] || fail "$way: the file has mode $mode"
done
