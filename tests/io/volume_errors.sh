#!/bin/bash
# What is not mapped, and mappings that cannot be.
source "${BASH_SOURCE[0]%/*}/../expect.sh"
source "${BASH_SOURCE[0]%/*}/gives.sh"

host=$scratch/host
mkdir -p "$host/folder"
printf 'of the host' > "$host/file"

# ---- Nothing is mapped there: explained once ----

told='uhyve: [^
]*'"$host/file"'[^
]*--volume [^
]*
'
expect --stdout 'cat ENOENT
' --stderr "$told" "$uhyve" "$call" cat "$host/file"
expect --stdout 'cat ENOENT
cat ENOENT
open ENOENT
cat ENOENT
' --stderr "$told" "$uhyve" "$call" cat "$host/file" cat "$host/file" open "$host/file" 0 cat "$host/other"
(cd "$host" && expect --stdout 'cat ENOENT
' --stderr "$told" "$uhyve" "$call" cat file)
expect --stdout 'ls ENOENT
' --stderr 'uhyve: [^
]*/host/folder[^
]*--volume [^
]*
' "$uhyve" "$call" ls "$host/folder"

# What the explanation says helps.
(
    cd "$host"
    "$uhyve" "$call" cat file > /dev/null 2> "$scratch/advice"
    # shellcheck disable=SC2046  # an option and its argument
    gives 'cat of the host' $(grep -o -- '--volume .*' "$scratch/advice" | tail -n 1 | sed 's/^.*--volume/--volume/') -- cat file
)

# No word about what is not on the host either, or lies in a mapping, or is only asked for.
gives 'cat ENOENT' -- cat "$host/absent"
gives 'cat ENOENT' -- cat /no/such/file
gives 'cat ENOENT
cat ENOENT' --volume "$host:$host" -- cat "$host/absent" cat "$host/folder/absent"
gives 'write ENOENT' -- write "$scratch/absent/new" x
gives 'kind ENOENT
access ENOENT' -- kind "$host/file" access "$host/file" 0
[[ ! -e $scratch/absent ]] || fail "something was made on the host"

# ---- What cannot be mapped ----

wrong() {
    expect --status 125 --stderr 'uhyve: [^
]*'"$1"'[^
]*
' "$uhyve" --volume "$2" "${@:3}" "$call"
}
wrong absent "$host/absent:/data"
wrong absent "$scratch/absent/x:/data"
wrong file "$host/file/x:/data"
wrong ':/data' ':/data'
wrong "$host" "$host:"
wrong "$host" "$host"
wrong '' ''
wrong ':rx' "$host:/data:rx"
wrong ':ro:ro' "$host:/data:ro:ro"
wrong '/data' "$host:/data" --volume "$host/folder:/data"
mkfifo "$host/pipe"
wrong pipe "$host/pipe:/data"
ln -s nowhere "$host/dangling"
wrong dangling "$host/dangling:/data"
too_many=()
for ((i = 0; i < 65; i++)); do
    too_many+=(--volume "$host:/data$i")
done
wrong '' "$host:/data" "${too_many[@]}"
expect --status 125 --stderr 'uhyve: [^
]*
' "$uhyve" --workdir '' "$call" cwd

# A link to what is mapped is followed by the monitor, as a shell would.
ln -s host "$scratch/way"
gives 'cat of the host' --volume "$scratch/way:/data" -- cat /data/file

# Files that nobody may read.
if [[ $(id -u) != 0 ]]; then
    chmod 0 "$host/file"
    gives 'cat EACCES' --volume "$host:/data" -- cat /data/file
fi
