#!/bin/bash
# Standard input from nowhere, files and pipes, through read() and through stdio.
source "${BASH_SOURCE[0]%/*}/../expect.sh"

program=$PROGRAMS/input
for way in read getchar; do
    expect "$uhyve" "$program" "$way"

    head -c 1048577 /dev/urandom > "$scratch/bytes"
    expect --stdin "$scratch/bytes" --stdout-file "$scratch/bytes" "$uhyve" "$program" "$way"

    # A pipe, all at once and in pieces that come late.
    head -c 2000000 "$scratch/bytes" | "$uhyve" "$program" "$way" | cmp - "$scratch/bytes" || fail "a pipe, $way"
    for piece in one two three; do
        printf '%s ' "$piece"
        sleep 0.1
    done | "$uhyve" "$program" "$way" > "$scratch/pieces" || fail "late pieces, $way"
    [[ $(cat "$scratch/pieces") == 'one two three ' ]] || fail "late pieces, $way"
done

printf 'first line\nXword 12 -7\nrest ü\nno newline' > "$scratch/lines"
expect --stdin "$scratch/lines" --stdout 'fgets \[first line
\]
getchar \[X\]
scanf 3 \[Xword\] 12 -7
getline 8 \[rest ü
\]
fgets at the end no newline
' "$uhyve" "$program" lines
printf '\nXy 1 2\n' > "$scratch/lines"
expect --stdin "$scratch/lines" --stdout 'fgets \[
\]
getchar \[X\]
scanf 3 \[Xy\] 1 2
getline -1 \[\]
fgets at the end none
' "$uhyve" "$program" lines

# Closed: an error, not an end and not somebody else's descriptor.
expect --status 1 bash -c '"$0" "$1" read <&-' "$uhyve" "$program"
